package dev.vl4j.engine.vision.tiff;

/**
 * CIE L*a*b* to sRGB in 8 bits, as Little CMS does it for Pillow: it computes the colours at 33
 * levels of each coordinate once, in 16 bits, and interpolates in tetrahedra between them.
 */
final class LabColors {
  private static final int LEVELS = 33;
  // Steps in the table of colours.
  private static final int B_STEP = 3;
  private static final int A_STEP = LEVELS * B_STEP;
  private static final int L_STEP = LEVELS * A_STEP;

  /** From XYZ for D50 to linear red, green and blue: sRGB's primaries, adapted by Bradford. */
  private static final double[][] TO_RGB = {
    {3.1341863642368195, -1.6172089589982759, -0.49069406400638416},
    {-0.9787485041906946, 1.9161300967735877, 0.0334333991599956},
    {0.0719639278022468, -0.22899387345320338, 1.4057537328964447}
  };

  private static final double WHITE_X = 0.9642;
  private static final double WHITE_Z = 0.8249;

  /** XYZ is kept as a fraction of this while it is a float. */
  private static final double LARGEST_XYZ = 1 + 32767.0 / 32768;

  private static final double GAMMA = 2.4;
  private static final double SCALE = 1 / 1.055;
  private static final double OFFSET = 0.055 / 1.055;
  private static final double SLOPE = 1 / 12.92;
  private static final double LINEAR_END = Math.pow(SCALE * 0.04045 + OFFSET, GAMMA);

  private static final class Table {
    /** {@code [L][a][b][red, green, blue]}, 16 bits each. */
    static final char[] COLORS = colors();

    private Table() {}
  }

  private LabColors() {}

  /**
   * Converts pixels in place.
   *
   * @param samples {@code [pixels][L, a, b]}, a and b shifted by 128
   * @param from index of the first sample
   */
  static void toRgb(byte[] samples, int from, int pixels) {
    int last = 0;
    for (int i = from; i < from + 3 * pixels; i += 3) {
      int lab = (samples[i] & 0xff) << 16 | (samples[i + 1] & 0xff) << 8 | (samples[i + 2] & 0xff);
      if (i > from && lab == last) { // most of a large picture that a few bytes ask for
        System.arraycopy(samples, i - 3, samples, i, 3);
      } else {
        convert(samples, i);
        last = lab;
      }
    }
  }

  private static void convert(byte[] samples, int at) {
    int light = fixed(samples[at]);
    int a = fixed(samples[at + 1]);
    int b = fixed(samples[at + 2]);
    int corner = (light >> 16) * L_STEP + (a >> 16) * A_STEP + (b >> 16) * B_STEP;
    int lightRest = light & 0xffff;
    int aRest = a & 0xffff;
    int bRest = b & 0xffff;
    // From corner to opposite corner along the edges, the one of the largest rest first. No rest is
    // left at the last level, so its step beyond the table is never taken.
    int first = Math.max(lightRest, Math.max(aRest, bRest));
    int last = Math.min(lightRest, Math.min(aRest, bRest));
    int lightStep = lightRest == 0 ? 0 : L_STEP;
    int aStep = aRest == 0 ? 0 : A_STEP;
    int bStep = bRest == 0 ? 0 : B_STEP;
    boolean lightFirst = lightRest == first;
    boolean aFirst = !lightFirst && aRest == first;
    boolean bLast = bRest == last;
    boolean aLast = !bLast && aRest == last;
    int one = corner + (lightFirst ? lightStep : aFirst ? aStep : bStep);
    int three = corner + lightStep + aStep + bStep;
    int two = three - (bLast ? bStep : aLast ? aStep : lightStep);
    int middle = lightRest + aRest + bRest - first - last;
    for (int c = 0; c < B_STEP; c++) {
      int start = Table.COLORS[corner + c];
      int sum =
          (Table.COLORS[one + c] - start) * first
              + (Table.COLORS[two + c] - Table.COLORS[one + c]) * middle
              + (Table.COLORS[three + c] - Table.COLORS[two + c]) * last
              + 0x8001;
      int color = (start + ((sum + (sum >> 16)) >> 16)) & 0xffff;
      samples[at + c] = (byte) ((color * 65281L + 8388608) >> 24);
    }
  }

  /** A sample as a level and a rest, with 16 bits of fraction. */
  private static int fixed(byte sample) {
    int product = (sample & 0xff) * 257 * (LEVELS - 1);
    return product + (product + 0x7fff) / 0xffff;
  }

  private static char[] colors() {
    char[] colors = new char[LEVELS * L_STEP];
    float[] xyz = new float[3];
    int to = 0;
    for (int i = 0; i < LEVELS; i++) {
      double y = (level(i) * 100.0 + 16) / 116;
      xyz[1] = (float) (cubed(y) / LARGEST_XYZ);
      for (int j = 0; j < LEVELS; j++) {
        double x = y + 0.002 * (level(j) * 255.0 - 128);
        xyz[0] = (float) (cubed(x) * WHITE_X / LARGEST_XYZ);
        for (int k = 0; k < LEVELS; k++) {
          double z = y - 0.005 * (level(k) * 255.0 - 128);
          xyz[2] = (float) (cubed(z) * WHITE_Z / LARGEST_XYZ);
          for (double[] weights : TO_RGB) {
            colors[to++] = encoded(weights, xyz);
          }
        }
      }
    }
    return colors;
  }

  /** A coordinate's level between 0 and 1, as far as 16 bits and a float hold it. */
  private static float level(int index) {
    return (float) (Math.floor(index * 65535.0 / (LEVELS - 1) + 0.5) / 65535);
  }

  private static double cubed(double t) {
    return t <= 24.0 / 116 ? (108.0 / 841) * (t - 16.0 / 116) : t * t * t;
  }

  private static char encoded(double[] weights, float[] xyz) {
    double sum = 0;
    for (int i = 0; i < 3; i++) {
      sum += xyz[i] * (weights[i] * LARGEST_XYZ);
    }
    double linear = (float) sum;
    double value =
        linear >= LINEAR_END ? (Math.pow(linear, 1 / GAMMA) - OFFSET) / SCALE : linear / SLOPE;
    return (char) Math.clamp(Math.floor((float) value * 65535.0 + 0.5), 0, 65535);
  }
}
