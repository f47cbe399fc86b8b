package dev.vl4j.engine.vision.jpeg;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.Arrays;

/**
 * A scan header (SOS).
 *
 * @param components those of the frame that the scan has, in its order
 * @param dcTables the table of each, 0 to 15
 * @param acTables the table of each, 0 to 15
 * @param start the first coefficient in zigzag order, or the predictor where it is lossless
 * @param end the last coefficient
 * @param high the bit from which a successive approximation goes on, or 0
 * @param low the lowest bit of the coefficients that the scan has
 */
record Scan(
    Component[] components, int[] dcTables, int[] acTables, int start, int end, int high, int low) {

  private static final int MAX_BLOCKS_IN_MCU = 10;

  /** Whether the MCUs consist of blocks of several components. */
  boolean interleaved() {
    return components.length > 1;
  }

  int mcusPerRow(Frame frame) {
    return interleaved() ? frame.mcusPerRow : components[0].blocksWide;
  }

  int mcuRows(Frame frame) {
    return interleaved() ? frame.mcuRows : components[0].blocksHigh;
  }

  /**
   * How many blocks an MCU has.
   *
   * @throws BrokenImageException if they are more than the standard allows
   */
  int blocksInMcu() throws BrokenImageException {
    if (!interleaved()) {
      return 1;
    }
    int blocks = 0;
    for (Component component : components) {
      blocks += component.horizontal * component.vertical;
    }
    if (blocks > MAX_BLOCKS_IN_MCU) {
      throw new BrokenImageException(
          "its sampling factors make %d blocks in an MCU, more than %d"
              .formatted(blocks, MAX_BLOCKS_IN_MCU));
    }
    return blocks;
  }

  /** The index in {@link #components} that each block of an MCU belongs to. */
  int[] blockComponents() throws BrokenImageException {
    int[] owners = new int[blocksInMcu()];
    int block = 0;
    for (int i = 0; interleaved() && i < components.length; i++) {
      int next = block + components[i].horizontal * components[i].vertical;
      Arrays.fill(owners, block, next, i);
      block = next;
    }
    return owners;
  }

  /** Notes what a progressive scan will make known, after checks of its parameters. */
  void enterProgression(int scanNumber) throws BrokenImageException {
    boolean band = start == 0 ? end == 0 : start <= end && end < 64 && components.length == 1;
    if (!band || (high != 0 && low != high - 1) || low > 13) {
      throw new BrokenImageException(
          "a progressive scan of %d components has coefficients %d to %d, bits %d to %d"
              .formatted(components.length, start, end, high, low));
    }
    for (Component component : components) {
      int last = Math.max(end, BlockSmoothing.LAST_ESTIMATED);
      for (int k = Math.min(start, 1); k <= last; k++) {
        component.unknownBitsBefore[k] = scanNumber > 1 ? component.unknownBits[k] : 0;
      }
      for (int k = start; k <= end; k++) {
        component.unknownBits[k] = low;
      }
    }
  }
}
