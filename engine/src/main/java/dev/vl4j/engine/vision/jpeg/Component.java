package dev.vl4j.engine.vision.jpeg;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One colour component of a frame. Sizes in blocks are sizes in samples where it is lossless. */
final class Component {
  private static final int[] UNQUANTIZED = new int[64];

  final int index;
  final int id;

  /** Sampling factors, 1 to 4. */
  final int horizontal;

  final int vertical;
  final int quantizationTable;

  /** Size in blocks, and the same up to whole MCUs. */
  final int blocksWide;

  final int blocksHigh;
  final int paddedBlocksWide;
  final int paddedBlocksHigh;

  /** Size in samples, without what fills up the last blocks. */
  final int samplesWide;

  final int samplesHigh;

  /** Samples from one row of the plane to the next. */
  final int stride;

  /** {@code [blocksHigh * unit][stride]} */
  byte[] plane = {};

  /** {@code [paddedBlocksHigh][paddedBlocksWide][64]} in natural order, if scans add up. */
  short[] coefficients = {};

  /** In natural order, as it was when the component's first scan began; null before. */
  int @Nullable [] quantization;

  /** How many low bits of each coefficient are unknown after the scans so far; -1 if all are. */
  final int[] unknownBits = new int[64];

  /** {@link #unknownBits} before the component's latest scan. */
  final int[] unknownBitsBefore = new int[64];

  /**
   * @param spec the component's three bytes in the frame header
   * @param frame what the header says besides; its largest sampling factors are known
   */
  Component(int index, Spec spec, Frame frame) {
    this.index = index;
    this.id = spec.id;
    this.horizontal = spec.horizontal;
    this.vertical = spec.vertical;
    this.quantizationTable = spec.quantizationTable;
    this.samplesWide = ceilDiv(frame.width * horizontal, frame.maxHorizontal);
    this.samplesHigh = ceilDiv(frame.height * vertical, frame.maxVertical);
    this.blocksWide = ceilDiv(frame.width * horizontal, frame.maxHorizontal * frame.unit);
    this.blocksHigh = ceilDiv(frame.height * vertical, frame.maxVertical * frame.unit);
    this.paddedBlocksWide = ceilDiv(blocksWide, horizontal) * horizontal;
    this.paddedBlocksHigh = ceilDiv(blocksHigh, vertical) * vertical;
    this.stride = blocksWide * frame.unit;
    Arrays.fill(unknownBits, -1);
  }

  /** What the frame header says of one component. */
  record Spec(int id, int horizontal, int vertical, int quantizationTable) {}

  /** Zeros where no scan had the component: libjpeg shows it in the middle of its range. */
  int[] quantizationOrZeros() {
    return quantization == null ? UNQUANTIZED : quantization;
  }

  /** Where a block's coefficients begin. */
  int blockAt(int row, int column) {
    return (row * paddedBlocksWide + column) * 64;
  }

  static int ceilDiv(int a, int b) {
    return (a + b - 1) / b;
  }
}
