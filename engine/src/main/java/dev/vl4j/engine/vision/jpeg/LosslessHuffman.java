package dev.vl4j.engine.vision.jpeg;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.Arrays;

/** Scans of the lossless process: Huffman-coded differences from predicted samples of 8 bits. */
final class LosslessHuffman {
  private static final int PRECISION = 8;
  private static final int LARGEST_DIFFERENCE_BITS = 16;
  private static final int SAMPLE_MASK = 0xffff;

  private final Frame frame;
  private final BitReader reader;
  private final Scan scan;
  private final HuffmanTable[] tables;

  /** For each component of the scan the differences of one row of MCUs, and the samples. */
  private final int[][][] differences;

  private final int[][][] samples;

  /** Of each component, whether its next row is the first of the scan or a restart interval. */
  private final boolean[] firstRow;

  private int rowsToRestart;
  private final Restarts restarts;

  LosslessHuffman(Frame frame, JpegInput input, Restarts restarts, Scan scan, HuffmanTable[] tables)
      throws BrokenImageException {
    if (scan.start() < 1
        || scan.start() > 7
        || scan.end() != 0
        || scan.high() != 0
        || scan.low() >= PRECISION) {
      throw new BrokenImageException(
          "a lossless scan has the predictor %d and the point transform %d"
              .formatted(scan.start(), scan.low()));
    }
    if (restarts.interval % scan.mcusPerRow(frame) != 0) {
      throw new BrokenImageException(
          "a lossless scan's restart interval of %d is no multiple of its %d MCUs in a row"
              .formatted(restarts.interval, scan.mcusPerRow(frame)));
    }
    scan.blocksInMcu();
    this.frame = frame;
    this.reader = new BitReader(input);
    this.restarts = restarts;
    this.scan = scan;
    this.tables = tables;
    int components = scan.components().length;
    this.differences = new int[components][][];
    this.samples = new int[components][][];
    this.firstRow = new boolean[components];
    for (int i = 0; i < components; i++) {
      Component component = scan.components()[i];
      differences[i] = new int[component.vertical][component.paddedBlocksWide];
      samples[i] = new int[component.vertical][component.paddedBlocksWide];
    }
    this.rowsToRestart = restarts.interval / scan.mcusPerRow(frame);
    beginRows();
  }

  private void beginRows() {
    Arrays.fill(firstRow, true);
  }

  /** Fills the planes of the scan's components. */
  void decode(WorkGuard guard, VisitBudget budget) throws BrokenImageException, EndOfDataException {
    for (int row = 0; row < frame.mcuRows; row++) {
      guard.check();
      for (Component component : scan.components()) {
        budget.spend((long) component.vertical * component.paddedBlocksWide);
      }
      if (scan.interleaved()) {
        decodeMcuRow(0);
      } else {
        Component only = scan.components()[0];
        int rows = Math.min(only.vertical, only.blocksHigh - row * only.vertical);
        for (int y = 0; y < rows; y++) {
          decodeMcuRow(y);
        }
      }
      for (int i = 0; i < samples.length; i++) {
        emitRows(i, row);
      }
    }
  }

  private void decodeMcuRow(int y) throws EndOfDataException {
    if (restarts.interval != 0) {
      if (rowsToRestart == 0) {
        reader.restart(restarts.take());
        rowsToRestart = restarts.interval / scan.mcusPerRow(frame);
        beginRows();
      }
      rowsToRestart--;
    }
    if (reader.exhausted) {
      for (int[][] rows : differences) {
        for (int[] row : scan.interleaved() ? rows : new int[][] {rows[y]}) {
          Arrays.fill(row, 0);
        }
      }
      beginRows();
      return;
    }
    int mcus = scan.mcusPerRow(frame);
    for (int mcu = 0; mcu < mcus; mcu++) {
      if (!scan.interleaved()) {
        differences[0][y][mcu] = difference(tables[0]);
        continue;
      }
      for (int i = 0; i < differences.length; i++) {
        int wide = scan.components()[i].horizontal;
        for (int[] row : differences[i]) {
          for (int x = mcu * wide; x < (mcu + 1) * wide; x++) {
            row[x] = difference(tables[i]);
          }
        }
      }
    }
  }

  private int difference(HuffmanTable table) throws EndOfDataException {
    int bits = reader.symbol(table);
    return bits == LARGEST_DIFFERENCE_BITS ? 1 << 15 : reader.signed(bits);
  }

  private void emitRows(int index, int mcuRow) {
    Component component = scan.components()[index];
    int top = mcuRow * component.vertical;
    int rows = Math.min(component.vertical, component.blocksHigh - top);
    int[] above = samples[index][component.vertical - 1];
    for (int y = 0; y < rows; y++) {
      int[] current = samples[index][y];
      predict(index, differences[index][y], above, current, component.blocksWide);
      int to = (top + y) * component.stride;
      for (int x = 0; x < component.blocksWide; x++) {
        component.plane[to + x] = (byte) (current[x] << scan.low());
      }
      above = current;
    }
  }

  /** The row above and the current one may be the same array. */
  private void predict(int index, int[] difference, int[] above, int[] current, int width) {
    int predictor = firstRow[index] ? 1 : scan.start();
    int aboveLeft = above[0];
    int first = firstRow[index] ? 1 << (PRECISION - scan.low() - 1) : aboveLeft;
    firstRow[index] = false;
    int left = (difference[0] + first) & SAMPLE_MASK;
    current[0] = left;
    for (int x = 1; x < width; x++) {
      int up = above[x];
      int expected =
          switch (predictor) {
            case 1 -> left;
            case 2 -> up;
            case 3 -> aboveLeft;
            case 4 -> left + up - aboveLeft;
            case 5 -> left + ((up - aboveLeft) >> 1);
            case 6 -> up + ((left - aboveLeft) >> 1);
            default -> (left + up) >> 1;
          };
      left = (difference[x] + expected) & SAMPLE_MASK;
      aboveLeft = up;
      current[x] = left;
    }
  }
}
