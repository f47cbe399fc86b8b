package dev.vl4j.engine.vision.tiff;

import static dev.vl4j.engine.vision.tiff.TiffTag.REFERENCE_BLACK_WHITE;
import static dev.vl4j.engine.vision.tiff.TiffTag.YCBCR_COEFFICIENTS;

import dev.vl4j.engine.vision.decode.BrokenImageException;

/** libtiff's conversion from YCbCr to RGB, in fixed point with 16 bits of fraction. */
final class YCbCrColors {
  private static final float[] BT601 = {0.299f, 0.587f, 0.114f};
  private static final float[] FULL_RANGE = {0, 255, 128, 255, 128, 255};
  private static final int HALF = 1 << 15;
  private static final float FARTHEST = 128 * 32;

  private final int[] luma = new int[256];
  private final int[] redOfCr = new int[256];
  private final int[] blueOfCb = new int[256];
  private final int[] greenOfCr = new int[256];
  private final int[] greenOfCb = new int[256];

  YCbCrColors(TiffDirectory directory) throws BrokenImageException {
    float[] weights = reals(directory, YCBCR_COEFFICIENTS, BT601);
    float[] range = reals(directory, REFERENCE_BLACK_WHITE, FULL_RANGE);
    float red = weights[0];
    float green = weights[1];
    float blue = weights[2];
    if (Float.isNaN(red) || Float.isNaN(green) || Float.isNaN(blue) || green == 0) {
      throw new BrokenImageException("its YCbCrCoefficients are no weights");
    }
    for (float bound : range) {
      if (!(bound > Integer.MIN_VALUE + 128f && bound < Integer.MAX_VALUE)) {
        throw new BrokenImageException("its ReferenceBlackWhite is out of range");
      }
    }
    float redFactor = 2 - 2 * red;
    float blueFactor = 2 - 2 * blue;
    int crToRed = fixed(redFactor);
    int crToGreen = -fixed(red * redFactor / green);
    int cbToBlue = fixed(blueFactor);
    int cbToGreen = -fixed(blue * blueFactor / green);
    for (int i = 0; i < 256; i++) {
      int cr = scaled(i - 128, range[4] - 128, range[5] - 128, 127);
      int cb = scaled(i - 128, range[2] - 128, range[3] - 128, 127);
      redOfCr[i] = (crToRed * cr + HALF) >> 16;
      blueOfCb[i] = (cbToBlue * cb + HALF) >> 16;
      greenOfCr[i] = crToGreen * cr;
      greenOfCb[i] = cbToGreen * cb + HALF;
      luma[i] = scaled(i, range[0], range[1], 255);
    }
  }

  private static float[] reals(TiffDirectory directory, TiffTag tag, float[] fallback) {
    TiffField field = directory.findForLibtiff(tag);
    if (field == null || field.count() != fallback.length) {
      return fallback;
    }
    float[] values = new float[fallback.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = field.real(i);
    }
    return values;
  }

  private static int fixed(float factor) {
    float clamped = factor >= 0 ? Math.min(factor, 2) : 0;
    return (int) ((double) clamped * 65536 + 0.5);
  }

  /** A code between those for black and white, as a share of the full value. */
  private static int scaled(int code, float black, float white, float full) {
    float span = white == black ? 1 : white - black;
    float value = (code - (int) black) * full / span;
    return (int) Math.clamp(value, -FARTHEST, FARTHEST);
  }

  void convert(byte y, byte cb, byte cr, byte[] out, int to) {
    int light = luma[y & 0xff];
    int blue = cb & 0xff;
    int red = cr & 0xff;
    out[to] = clamped(light + redOfCr[red]);
    out[to + 1] = clamped(light + ((greenOfCb[blue] + greenOfCr[red]) >> 16));
    out[to + 2] = clamped(light + blueOfCb[blue]);
  }

  private static byte clamped(int value) {
    return (byte) Math.clamp(value, 0, 255);
  }
}
