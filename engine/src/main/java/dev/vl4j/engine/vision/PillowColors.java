package dev.vl4j.engine.vision;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import javax.imageio.IIOException;

/**
 * Pillow's {@code convert("RGB")} and alpha paste, from a decoded raster.
 *
 * <p>Samples come from the raster, never from {@code getRGB}, which would convert between colour
 * spaces; embedded colour profiles are ignored, as Pillow ignores them.
 */
final class PillowColors {
  private PillowColors() {}

  /**
   * The colours of an image.
   *
   * @param overWhite whether an alpha channel blends the colours with white; else it is dropped
   */
  static RgbImage toRgb(BufferedImage image, boolean overWhite) throws IIOException {
    Raster raster = image.getRaster();
    ColorModel model = image.getColorModel();
    int type = raster.getTransferType();
    if (type != DataBuffer.TYPE_BYTE
        && type != DataBuffer.TYPE_USHORT
        && type != DataBuffer.TYPE_INT) {
      throw new IIOException("samples that are not unsigned integers are not supported");
    }
    int width = raster.getWidth();
    int height = raster.getHeight();
    int bands = raster.getNumBands();
    byte[] out = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
    int[] row = new int[Math.multiplyExact(width, bands)];
    RowConverter converter = converter(raster, model, overWhite);
    for (int y = 0; y < height; y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      converter.convert(row, width, out, 3 * y * width);
    }
    return new RgbImage(width, height, out);
  }

  private interface RowConverter {
    void convert(int[] row, int width, byte[] out, int to);
  }

  private static RowConverter converter(Raster raster, ColorModel model, boolean overWhite)
      throws IIOException {
    int bands = raster.getNumBands();
    if (model instanceof IndexColorModel palette) {
      return (row, width, out, to) -> palette(row, width, palette, out, to);
    }
    int colors = model.getNumColorComponents();
    int[] max = new int[bands];
    for (int band = 0; band < bands; band++) {
      max[band] = (1 << raster.getSampleModel().getSampleSize(band)) - 1;
    }
    if (colors == 1) {
      boolean blend = overWhite && bands > 1;
      return (row, width, out, to) -> gray(row, width, bands, max, blend, out, to);
    }
    if (colors == 3 && bands >= 3) {
      boolean blend = overWhite && model.hasAlpha() && bands > 3;
      boolean premultiplied = blend && model.isAlphaPremultiplied();
      return (row, width, out, to) -> rgb(row, width, bands, max, blend, premultiplied, out, to);
    }
    if (colors == 4 && bands == 4) {
      return (row, width, out, to) -> cmyk(row, width, max, out, to);
    }
    throw new IIOException("colours of " + colors + " components are not supported");
  }

  private static void palette(int[] row, int width, IndexColorModel palette, byte[] out, int to) {
    int last = palette.getMapSize() - 1;
    for (int x = 0; x < width; x++, to += 3) {
      int index = Math.min(row[x], last);
      out[to] = (byte) palette.getRed(index);
      out[to + 1] = (byte) palette.getGreen(index);
      out[to + 2] = (byte) palette.getBlue(index);
    }
  }

  private static void gray(
      int[] row, int width, int bands, int[] max, boolean blend, byte[] out, int to) {
    for (int x = 0; x < width; x++, to += 3) {
      int value = toByte(row[x * bands], max[0]);
      if (blend) {
        value = overWhite(value, toByte(row[x * bands + 1], max[1]));
      }
      out[to] = (byte) value;
      out[to + 1] = (byte) value;
      out[to + 2] = (byte) value;
    }
  }

  private static void rgb(
      int[] row,
      int width,
      int bands,
      int[] max,
      boolean blend,
      boolean premultiplied,
      byte[] out,
      int to) {
    for (int x = 0; x < width; x++) {
      int alpha = blend ? toByte(row[x * bands + 3], max[3]) : 255;
      for (int c = 0; c < 3; c++) {
        int value = toByte(row[x * bands + c], max[c]);
        if (premultiplied && alpha != 0) {
          value = Math.min(255 * value / alpha, 255);
        }
        out[to++] = (byte) (blend ? overWhite(value, alpha) : value);
      }
    }
  }

  private static void cmyk(int[] row, int width, int[] max, byte[] out, int to) {
    for (int x = 0; x < width; x++) {
      int light = 255 - toByte(row[4 * x + 3], max[3]);
      for (int c = 0; c < 3; c++) {
        out[to++] = (byte) cmykToRgb(toByte(row[4 * x + c], max[c]), light);
      }
    }
  }

  /** One of red, green and blue from its complementary ink; light is 255 minus black. */
  static int cmykToRgb(int ink, int light) {
    return Math.clamp(light - divide255(ink * light), 0, 255);
  }

  private static int overWhite(int value, int alpha) {
    return divide255(255 * (255 - alpha) + value * alpha);
  }

  /** Pillow's {@code DIV255}: a division by 255, rounded. */
  private static int divide255(int product) {
    int biased = product + 128;
    return ((biased >> 8) + biased) >> 8;
  }

  /** Pillow keeps the high byte of deep samples and spreads shallow ones over 0 to 255. */
  private static int toByte(int sample, int max) {
    if (max == 255) {
      return sample;
    }
    return max > 255 ? sample >>> (Integer.bitCount(max) - 8) : sample * 255 / max;
  }
}
