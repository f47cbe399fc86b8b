package dev.vl4j.engine.vision.jpeg;

import org.jspecify.annotations.Nullable;

/**
 * What libjpeg-turbo does where a progressive file ends before its first coefficients are known in
 * full: it estimates them from the DC values of the 24 blocks around.
 */
final class BlockSmoothing {
  /** Coefficients up to this one, in zigzag order, are estimated. */
  static final int LAST_ESTIMATED = 9;

  /** Where some AC coefficients are known, only so many are estimated. */
  private static final int LAST_ESTIMATED_BESIDE_OTHERS = 5;

  /** Weights of the 5 x 5 DC values, for the DC and nine AC coefficients in zigzag order. */
  private static final int[][] DC_ALONE = {
    {
      -2, -6, -8, -6, -2, -6, 6, 42, 6, -6, -8, 42, 152, 42, -8, -6, 6, 42, 6, -6, -2, -6, -8, -6,
      -2
    },
    {-1, -1, 0, 1, 1, -3, 13, 0, -13, 3, -3, 38, 0, -38, 3, -3, 13, 0, -13, 3, -1, -1, 0, 1, 1},
    {-1, -3, -3, -3, -1, -1, 13, 38, 13, -1, 0, 0, 0, 0, 0, 1, -13, -38, -13, 1, 1, 3, 3, 3, 1},
    {0, 0, 1, 0, 0, 0, 2, 7, 2, 0, 0, -5, -14, -5, 0, 0, 2, 7, 2, 0, 0, 0, 1, 0, 0},
    {-1, 0, 0, 0, 1, 0, 9, 0, -9, 0, 0, 0, 0, 0, 0, 0, -9, 0, 9, 0, 1, 0, 0, 0, -1},
    {0, 0, 0, 0, 0, 0, 2, -5, 2, 0, 1, 7, -14, 7, 1, 0, 2, -5, 2, 0, 0, 0, 0, 0, 0},
    {0, 0, 0, 0, 0, 0, 1, 0, -1, 0, 0, 2, 0, -2, 0, 0, 1, 0, -1, 0, 0, 0, 0, 0, 0},
    {0, 0, 0, 0, 0, 0, 1, -3, 1, 0, 0, 0, 0, 0, 0, 0, -1, 3, -1, 0, 0, 0, 0, 0, 0},
    {0, 0, 0, 0, 0, 0, 1, 0, -1, 0, 0, -3, 0, 3, 0, 0, 1, 0, -1, 0, 0, 0, 0, 0, 0},
    {0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, -1, -2, -1, 0, 0, 0, 0, 0, 0}
  };

  private static final int[][] DC_BESIDE_OTHERS = {
    {},
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -7, 50, 0, -50, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
    {0, 0, -7, 0, 0, 0, 0, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0, -50, 0, 0, 0, 0, 7, 0, 0},
    {0, 0, -1, 0, 0, 0, 0, 13, 0, 0, 0, 0, -24, 0, 0, 0, 0, 13, 0, 0, 0, 0, -1, 0, 0},
    {0, -1, 0, 1, 0, -1, 10, 0, -10, 1, 0, 0, 0, 0, 0, 1, -10, 0, 10, -1, 0, 1, 0, -1, 0},
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 13, -24, 13, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
  };

  private final Frame frame;
  private final int lastGoodRow;
  private final boolean severalScans;
  private final int[] around = new int[25];

  private BlockSmoothing(Frame frame, int scans, int lastGoodRow) {
    this.frame = frame;
    this.severalScans = scans > 1;
    this.lastGoodRow = lastGoodRow;
  }

  /**
   * @param scans how many the file had
   * @param lastGoodRow the row of MCUs up to which the latest scan had data
   * @return null if nothing can be estimated
   */
  static @Nullable BlockSmoothing of(Frame frame, int scans, int lastGoodRow) {
    if (!frame.process.progressive()) {
      return null;
    }
    boolean useful = false;
    for (Component component : frame.components) {
      int[] quantization = component.quantization;
      if (quantization == null || component.unknownBits[0] < 0) {
        return null;
      }
      for (int k = 0; k <= LAST_ESTIMATED; k++) {
        if (quantization[Mcu.NATURAL_ORDER[k]] == 0) {
          return null;
        }
        useful |= k > 0 && component.unknownBits[k] != 0;
      }
    }
    return useful ? new BlockSmoothing(frame, scans, lastGoodRow) : null;
  }

  /** Copies a block, with estimates for those of its coefficients that are 0 for want of data. */
  void estimate(Component component, int y, int x, short[] out) {
    System.arraycopy(component.coefficients, component.blockAt(y, x), out, 0, 64);
    boolean alone = true;
    for (int k = 1; k <= LAST_ESTIMATED; k++) {
      alone &= unknownBits(component, y, k) == -1;
    }
    collect(component, y, x);
    int[] quantization = component.quantizationOrZeros();
    int[][] weights = alone ? DC_ALONE : DC_BESIDE_OTHERS;
    int last = alone ? LAST_ESTIMATED : LAST_ESTIMATED_BESIDE_OTHERS;
    for (int k = 1; k <= last; k++) {
      int place = Mcu.NATURAL_ORDER[k];
      int unknown = unknownBits(component, y, k);
      if (unknown != 0 && out[place] == 0) {
        int most = unknown > 0 ? (1 << unknown) - 1 : Integer.MAX_VALUE;
        out[place] = (short) estimate(weights[k], quantization[0], quantization[place], most);
      }
    }
    if (alone) {
      out[0] = (short) estimate(weights[0], quantization[0], quantization[0], Integer.MAX_VALUE);
    }
  }

  private int unknownBits(Component component, int y, int k) {
    if (y / component.vertical <= lastGoodRow) {
      return component.unknownBits[k];
    }
    return severalScans ? component.unknownBitsBefore[k] : -1;
  }

  private int estimate(int[] weights, int dcQuantization, int quantization, int most) {
    long sum = 0;
    for (int i = 0; i < weights.length; i++) {
      sum += (long) weights[i] * around[i];
    }
    sum *= dcQuantization;
    int size = (int) ((((long) quantization << 7) + Math.abs(sum)) / ((long) quantization << 8));
    size = Math.min(size, most);
    return sum >= 0 ? size : -size;
  }

  /** The DC values of the 5 x 5 blocks around; those at the edge stand for what is beyond it. */
  private void collect(Component component, int y, int x) {
    int mcuRow = y / component.vertical;
    int rowInMcu = y % component.vertical;
    // Rows are counted as in libjpeg: in its last row of MCUs as if all had as few block rows.
    int rowsInMcu = component.vertical;
    if (mcuRow == frame.mcuRows - 1) {
      rowsInMcu = component.blocksHigh - mcuRow * component.vertical;
    }
    int above = mcuRow * rowsInMcu + rowInMcu;
    int below = frame.mcuRows * rowsInMcu - 1 - above;
    for (int dy = -2, i = 0; dy <= 2; dy++) {
      int row = y + Math.clamp(dy, -above, below);
      for (int dx = -2; dx <= 2; dx++, i++) {
        int column = Math.clamp(x + dx, 0, component.blocksWide - 1);
        around[i] = component.coefficients[component.blockAt(row, column)];
      }
    }
  }
}
