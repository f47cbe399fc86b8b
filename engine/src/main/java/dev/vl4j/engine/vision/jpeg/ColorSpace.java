package dev.vl4j.engine.vision.jpeg;

import dev.vl4j.engine.vision.decode.ColorRules;
import dev.vl4j.engine.vision.decode.DecodedImage;

/** What a frame's components are, as libjpeg guesses it, and how they become gray or RGB. */
enum ColorSpace {
  GRAY,
  RGB,
  YCC,
  CMYK,
  YCCK;

  private static final int HALF = 1 << 15;
  private static final int[] CR_TO_RED = new int[256];
  private static final int[] CB_TO_BLUE = new int[256];
  private static final int[] CR_TO_GREEN = new int[256];
  private static final int[] CB_TO_GREEN = new int[256];

  static {
    for (int i = 0; i < 256; i++) {
      int chroma = i - 128;
      CR_TO_RED[i] = (91881 * chroma + HALF) >> 16;
      CB_TO_BLUE[i] = (116130 * chroma + HALF) >> 16;
      CR_TO_GREEN[i] = -46802 * chroma;
      CB_TO_GREEN[i] = -22554 * chroma + HALF;
    }
  }

  /**
   * @param adobeTransform the Adobe segment's transform, or -1 without such a segment
   * @param jfif whether there is a JFIF segment
   */
  static ColorSpace of(Frame frame, boolean jfif, int adobeTransform) {
    return switch (frame.components.length) {
      case 1 -> GRAY;
      case 3 -> {
        if (jfif) {
          yield YCC;
        }
        if (adobeTransform >= 0) {
          yield adobeTransform == 0 ? RGB : YCC;
        }
        boolean rgb = hasIds(frame, 'R', 'G', 'B') || frame.lossless();
        yield rgb ? RGB : YCC;
      }
      default -> adobeTransform <= 0 ? CMYK : YCCK;
    };
  }

  private static boolean hasIds(Frame frame, int first, int second, int third) {
    return frame.components[0].id == first
        && frame.components[1].id == second
        && frame.components[2].id == third;
  }

  DecodedImage.Mode mode() {
    return this == GRAY ? DecodedImage.Mode.L : DecodedImage.Mode.RGB;
  }

  /** Converts one row of all components. */
  void convert(Upsampling[] rows, int width, byte[] out) {
    switch (this) {
      case GRAY -> System.arraycopy(rows[0].row, rows[0].offset, out, 0, width);
      case RGB -> interleave(rows, width, out);
      case YCC -> yccToRgb(rows, width, out);
      case CMYK, YCCK -> inksToRgb(rows, width, out);
    }
  }

  private static void interleave(Upsampling[] rows, int width, byte[] out) {
    for (int c = 0; c < 3; c++) {
      byte[] row = rows[c].row;
      int from = rows[c].offset;
      for (int x = 0, at = c; x < width; x++, at += 3) {
        out[at] = row[from + x];
      }
    }
  }

  private static void yccToRgb(Upsampling[] rows, int width, byte[] out) {
    byte[] lumas = rows[0].row;
    byte[] blues = rows[1].row;
    byte[] reds = rows[2].row;
    int lumaFrom = rows[0].offset;
    int blueFrom = rows[1].offset;
    int redFrom = rows[2].offset;
    for (int x = 0, at = 0; x < width; x++, at += 3) {
      int y = lumas[lumaFrom + x] & 0xff;
      int cb = blues[blueFrom + x] & 0xff;
      int cr = reds[redFrom + x] & 0xff;
      out[at] = (byte) limit(y + CR_TO_RED[cr]);
      out[at + 1] = (byte) limit(y + ((CB_TO_GREEN[cb] + CR_TO_GREEN[cr]) >> 16));
      out[at + 2] = (byte) limit(y + CB_TO_BLUE[cb]);
    }
  }

  /** Inks as Pillow has them: always the other way round than in the file, as Adobe has them. */
  private void inksToRgb(Upsampling[] rows, int width, byte[] out) {
    for (int x = 0, at = 0; x < width; x++, at += 3) {
      int c = rows[0].row[rows[0].offset + x] & 0xff;
      int m = rows[1].row[rows[1].offset + x] & 0xff;
      int y = rows[2].row[rows[2].offset + x] & 0xff;
      int k = rows[3].row[rows[3].offset + x] & 0xff;
      if (this == YCCK) {
        int luma = c;
        c = 255 - limit(luma + CR_TO_RED[y]);
        int green = luma + ((CB_TO_GREEN[m] + CR_TO_GREEN[y]) >> 16);
        y = 255 - limit(luma + CB_TO_BLUE[m]);
        m = 255 - limit(green);
      }
      out[at] = (byte) ColorRules.cmykToRgb(255 - c, k);
      out[at + 1] = (byte) ColorRules.cmykToRgb(255 - m, k);
      out[at + 2] = (byte) ColorRules.cmykToRgb(255 - y, k);
    }
  }

  private static int limit(int value) {
    return Math.min(Math.max(value, 0), 255);
  }
}
