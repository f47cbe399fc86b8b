package dev.vl4j.engine.vision.decode;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.vision.decode.DecodedImage.Mode;
import dev.vl4j.engine.vision.decode.DecodedImage.Palette;
import org.jspecify.annotations.Nullable;

/**
 * From Pillow's modes to red, green and blue, row by row: Pillow's {@code convert("RGB")}, {@code
 * convert("RGBA")} and its paste of RGBA over white, to the bit.
 */
public final class ColorRules {
  private static final int WHITE = 255;

  private final Mode mode;
  private final byte @Nullable [] palette; // [256][3], as they look over white where that counts
  private final boolean overWhite;
  private final int transparentGray; // -1 where no level is transparent

  /**
   * @throws BrokenImageException if Pillow cannot convert the image by these rules
   */
  public ColorRules(ImagePixels image, ImageRules rules) throws BrokenImageException {
    mode = image.mode();
    overWhite = mode == Mode.RGBA || rules == ImageRules.VLLM;
    palette = image.palette() == null ? null : colors(image.palette());
    int[] key = image.transparentColor();
    transparentGray = overWhite && mode == Mode.L && key != null ? key[0] : -1;
  }

  private byte[] colors(Palette entries) throws BrokenImageException {
    byte[] alpha = entries.alpha();
    if (!overWhite || alpha == null || mode == Mode.PA) {
      return entries.rgb();
    }
    if (alpha.length > 256) {
      throw new BrokenImageException(
          "it says how transparent %d colours are, but a palette has 256".formatted(alpha.length));
    }
    byte[] blended = entries.rgb().clone();
    for (int i = 0; i < 3 * alpha.length; i++) {
      blended[i] = overWhite(blended[i], alpha[i / 3]);
    }
    return blended;
  }

  /** 3 for red, green and blue, or 1 for the modes where they are always equal. */
  public int channels() {
    return mode == Mode.L || mode == Mode.LA ? 1 : 3;
  }

  /**
   * Converts one row.
   *
   * @param row {@code [width][mode.channels]}
   * @param out gets {@code [width][channels()]}
   */
  public void convert(byte[] row, byte[] out) {
    switch (mode) {
      case L -> gray(row, out);
      case LA -> grayAlpha(row, out);
      case P -> indexed(row, 1, out);
      case PA -> indexed(row, 2, out);
      case RGB -> System.arraycopy(row, 0, out, 0, row.length);
      case RGBA -> rgba(row, out);
    }
  }

  private void gray(byte[] row, byte[] out) {
    System.arraycopy(row, 0, out, 0, row.length);
    if (transparentGray >= 0) {
      for (int x = 0; x < out.length; x++) {
        out[x] = (out[x] & 0xff) == transparentGray ? (byte) WHITE : out[x];
      }
    }
  }

  private void grayAlpha(byte[] row, byte[] out) {
    for (int x = 0; x < out.length; x++) {
      byte level = row[2 * x];
      out[x] = overWhite ? overWhite(level, row[2 * x + 1]) : level;
    }
  }

  private void indexed(byte[] row, int channels, byte[] out) {
    byte[] colors = palette;
    if (colors == null) {
      throw new IllegalStateException("an image of mode " + mode + " has a palette");
    }
    boolean blend = channels == 2 && overWhite;
    int to = 0;
    for (int from = 0; from < row.length; from += channels, to += 3) {
      int index = 3 * (row[from] & 0xff);
      for (int c = 0; c < 3; c++) {
        byte value = colors[index + c];
        out[to + c] = blend ? overWhite(value, row[from + 1]) : value;
      }
    }
  }

  private static void rgba(byte[] row, byte[] out) {
    int to = 0;
    for (int from = 0; from < row.length; from += 4, to += 3) {
      byte alpha = row[from + 3];
      out[to] = overWhite(row[from], alpha);
      out[to + 1] = overWhite(row[from + 1], alpha);
      out[to + 2] = overWhite(row[from + 2], alpha);
    }
  }

  /**
   * Pillow's conversion from CMYK.
   *
   * @param ink the one that red, green or blue is the opposite of, 0 to 255
   * @param light what black leaves, 0 to 255
   * @return that colour, 0 to 255
   */
  public static int cmykToRgb(int ink, int light) {
    return Math.clamp(light - divide255(ink * light), 0, 255);
  }

  private static byte overWhite(byte value, byte alpha) {
    int opacity = alpha & 0xff;
    return (byte) divide255(WHITE * (255 - opacity) + (value & 0xff) * opacity);
  }

  /** Pillow's {@code DIV255}: a division by 255, rounded. */
  private static int divide255(int product) {
    int biased = product + 128;
    return ((biased >> 8) + biased) >> 8;
  }
}
