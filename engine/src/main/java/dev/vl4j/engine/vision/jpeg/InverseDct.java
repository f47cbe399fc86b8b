package dev.vl4j.engine.vision.jpeg;

import java.util.Arrays;

/**
 * The "accurate integer" inverse DCT of libjpeg-turbo: the algorithm of Loeffler, Ligtenberg and
 * Moschytz with constants of 13 bits, first on columns, then on rows.
 *
 * <p>Coefficients that no encoder makes overflow. What then comes out is what the SIMD code for
 * x86-64 gives: products and sums of inputs keep 16 bits, and what leaves a pass is limited to
 * them.
 */
final class InverseDct {
  private static final int COLUMN_SHIFT = 11;
  private static final int ROW_SHIFT = 18;

  private static final int F_0_298 = 2446;
  private static final int F_0_390 = 3196;
  private static final int F_0_541 = 4433;
  private static final int F_0_765 = 6270;
  private static final int F_0_899 = 7373;
  private static final int F_1_175 = 9633;
  private static final int F_1_501 = 12299;
  private static final int F_1_847 = 15137;
  private static final int F_1_961 = 16069;
  private static final int F_2_053 = 16819;
  private static final int F_2_562 = 20995;
  private static final int F_3_072 = 25172;

  /** Up to here in zigzag order, coefficients lie in the first four columns and rows. */
  private static final int LAST_OF_NARROW = 9;

  private final int[] work = new int[64];

  /**
   * Turns one block of coefficients into samples.
   *
   * @param block coefficients in natural order, from {@code at}
   * @param last the last one in zigzag order that may not be 0
   * @param quantization 64 in natural order
   * @param plane gets the samples from {@code to}, in rows that are {@code stride} apart
   */
  void transform(
      short[] block, int at, int last, int[] quantization, byte[] plane, int to, int stride) {
    if (last == 0) {
      int dc = (short) (block[at] * quantization[0]);
      byte sample = sample(((short) (dc << 2) + 16) >> 5);
      for (int y = 0, row = to; y < 8; y++, row += stride) {
        Arrays.fill(plane, row, row + 8, sample);
      }
      return;
    }
    boolean narrow = last <= LAST_OF_NARROW;
    if (!columns(block, at, quantization, narrow)) {
      row(0, narrow, plane, to);
      for (int y = 1; y < 8; y++) {
        System.arraycopy(plane, to, plane, to + y * stride, 8);
      }
      return;
    }
    for (int y = 0; y < 8; y++) {
      row(8 * y, narrow, plane, to + y * stride);
    }
  }

  /** Returns false if all rows are equal, and only the first is there. */
  private boolean columns(short[] block, int at, int[] quantization, boolean narrow) {
    int[] w = work;
    int columns = narrow ? 4 : 8;
    boolean lower = false;
    for (int x = 0; x < columns; x++) {
      int from = at + x;
      int first = (short) (block[from] * quantization[x]);
      int ac = block[from + 8] | block[from + 16] | block[from + 24];
      if (!narrow) {
        ac |= block[from + 32] | block[from + 40] | block[from + 48] | block[from + 56];
      }
      if (ac == 0) {
        int value = limit(first << 2, Short.MAX_VALUE);
        for (int i = 0; i < 64; i += 8) {
          w[x + i] = value;
        }
        continue;
      }
      w[x] = first;
      for (int i = 8; i < 8 * columns; i += 8) {
        w[x + i] = (short) (block[from + i] * quantization[x + i]);
      }
      if (narrow) {
        narrowPass(w, x, 8, COLUMN_SHIFT, Short.MAX_VALUE);
      } else {
        pass(w, x, 8, COLUMN_SHIFT, Short.MAX_VALUE);
      }
      lower = true;
    }
    if (!lower) {
      // Without any pass nothing was limited: here the SIMD code lets values overflow.
      for (int x = 0; x < columns; x++) {
        w[x] = (short) ((block[at + x] * quantization[x]) << 2);
      }
    }
    return lower;
  }

  private void row(int from, boolean narrow, byte[] plane, int to) {
    int[] w = work;
    if (narrow) {
      narrowPass(w, from, 1, ROW_SHIFT, Byte.MAX_VALUE);
    } else {
      pass(w, from, 1, ROW_SHIFT, Byte.MAX_VALUE);
    }
    for (int x = 0; x < 8; x++) {
      plane[to + x] = (byte) (w[from + x] + 128);
    }
  }

  /** One column or row of 8 values, {@code step} apart, in place. */
  private static void pass(int[] w, int at, int step, int shift, int max) {
    int i0 = w[at];
    int i1 = w[at + step];
    int i2 = w[at + 2 * step];
    int i3 = w[at + 3 * step];
    int i4 = w[at + 4 * step];
    int i5 = w[at + 5 * step];
    int i6 = w[at + 6 * step];
    int i7 = w[at + 7 * step];
    int half = 1 << (shift - 1);

    int sum = ((short) (i0 + i4) << 13) + half;
    int difference = ((short) (i0 - i4) << 13) + half;
    int e2 = i2 * F_0_541 + i6 * (F_0_541 - F_1_847);
    int e3 = i2 * (F_0_541 + F_0_765) + i6 * F_0_541;
    int e0 = sum + e3;
    int e1 = difference + e2;
    e2 = difference - e2;
    e3 = sum - e3;

    int z3 = (short) (i7 + i3);
    int z4 = (short) (i5 + i1);
    int a3 = z3 * (F_1_175 - F_1_961) + z4 * F_1_175;
    int a4 = z3 * F_1_175 + z4 * (F_1_175 - F_0_390);
    int o0 = i7 * (F_0_298 - F_0_899) - i1 * F_0_899 + a3;
    int o1 = i5 * (F_2_053 - F_2_562) - i3 * F_2_562 + a4;
    int o2 = i3 * (F_3_072 - F_2_562) - i5 * F_2_562 + a3;
    int o3 = i1 * (F_1_501 - F_0_899) - i7 * F_0_899 + a4;

    w[at] = limit((e0 + o3) >> shift, max);
    w[at + step] = limit((e1 + o2) >> shift, max);
    w[at + 2 * step] = limit((e2 + o1) >> shift, max);
    w[at + 3 * step] = limit((e3 + o0) >> shift, max);
    w[at + 4 * step] = limit((e3 - o0) >> shift, max);
    w[at + 5 * step] = limit((e2 - o1) >> shift, max);
    w[at + 6 * step] = limit((e1 - o2) >> shift, max);
    w[at + 7 * step] = limit((e0 - o3) >> shift, max);
  }

  /** The same where the last 4 values are 0; they are not looked at. */
  private static void narrowPass(int[] w, int at, int step, int shift, int max) {
    int i1 = w[at + step];
    int i2 = w[at + 2 * step];
    int i3 = w[at + 3 * step];
    int first = (w[at] << 13) + (1 << (shift - 1));
    int e1 = first + i2 * F_0_541;
    int e2 = first - i2 * F_0_541;
    int e0 = first + i2 * (F_0_541 + F_0_765);
    int e3 = first - i2 * (F_0_541 + F_0_765);
    int o0 = i1 * (F_1_175 - F_0_899) + i3 * (F_1_175 - F_1_961);
    int o1 = i1 * (F_1_175 - F_0_390) + i3 * (F_1_175 - F_2_562);
    int o2 = i1 * F_1_175 + i3 * (F_1_175 - F_1_961 + F_3_072 - F_2_562);
    int o3 = i1 * (F_1_175 - F_0_390 + F_1_501 - F_0_899) + i3 * F_1_175;

    w[at] = limit((e0 + o3) >> shift, max);
    w[at + step] = limit((e1 + o2) >> shift, max);
    w[at + 2 * step] = limit((e2 + o1) >> shift, max);
    w[at + 3 * step] = limit((e3 + o0) >> shift, max);
    w[at + 4 * step] = limit((e3 - o0) >> shift, max);
    w[at + 5 * step] = limit((e2 - o1) >> shift, max);
    w[at + 6 * step] = limit((e1 - o2) >> shift, max);
    w[at + 7 * step] = limit((e0 - o3) >> shift, max);
  }

  private static int limit(int value, int max) {
    return Math.min(Math.max(value, -max - 1), max);
  }

  private static byte sample(int value) {
    return (byte) (limit(value, Byte.MAX_VALUE) + 128);
  }
}
