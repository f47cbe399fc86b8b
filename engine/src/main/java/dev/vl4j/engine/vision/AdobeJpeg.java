package dev.vl4j.engine.vision;

import java.awt.image.Raster;
import javax.imageio.IIOException;

/**
 * JPEGs of four components: CMYK, or YCCK, which is CMYK with its first three inks as YCbCr.
 *
 * <p>Pillow's way: libjpeg's integer YCbCr tables, inverted inks where an Adobe marker is present,
 * then the plain CMYK formula without a colour profile.
 */
final class AdobeJpeg {
  private static final int START_OF_FRAME = 0xc0;
  private static final int PROGRESSIVE = 0xc2;
  private static final int START_OF_SCAN = 0xda;
  private static final int APP14 = 0xee;
  private static final int YCCK = 2;

  private AdobeJpeg() {}

  /**
   * @param components colour components of the frame; 0 if no frame header was found
   * @param adobeTransform the Adobe marker's colour transform, or -1 without such a marker
   * @param singleScan whether the first scan holds the whole picture, so that nothing is lost where
   *     only the end marker is missing
   */
  record Header(int components, int adobeTransform, boolean singleScan) {}

  static Header header(byte[] bytes) {
    int transform = -1;
    int components = 0;
    boolean progressive = false;
    boolean singleScan = false;
    int at = 2;
    while (at + 4 <= bytes.length) {
      if ((bytes[at] & 0xff) != 0xff) {
        at++;
        continue;
      }
      int marker = bytes[at + 1] & 0xff;
      if (marker == 0xff || marker == 0 || marker == 1 || (marker >= 0xd0 && marker <= 0xd8)) {
        at += marker == 0xff ? 1 : 2;
        continue;
      }
      int length = (bytes[at + 2] & 0xff) << 8 | (bytes[at + 3] & 0xff);
      boolean frame = marker >= START_OF_FRAME && marker <= 0xcf;
      // C4, C8 and CC lie in the range of frame headers and are tables.
      if ((frame && marker % 4 != 0) || marker == START_OF_FRAME) {
        components = at + 9 < bytes.length ? bytes[at + 9] & 0xff : 0;
        progressive = marker == PROGRESSIVE;
      }
      if (marker == APP14 && length >= 14 && at + 15 < bytes.length && isAdobe(bytes, at + 4)) {
        transform = bytes[at + 15] & 0xff;
      }
      if (marker == START_OF_SCAN) {
        boolean whole = at + 2 + length <= bytes.length && length > 2;
        singleScan = whole && !progressive && (bytes[at + 4] & 0xff) == components;
        break;
      }
      at += 2 + length;
    }
    return new Header(components, transform, singleScan);
  }

  private static boolean isAdobe(byte[] bytes, int at) {
    return bytes[at] == 'A'
        && bytes[at + 1] == 'd'
        && bytes[at + 2] == 'o'
        && bytes[at + 3] == 'b'
        && bytes[at + 4] == 'e';
  }

  /** Converts the four components as they are in the file. */
  static RgbImage toRgb(Raster raster, Header header) throws IIOException {
    if (raster.getNumBands() != 4) {
      throw new IIOException("a JPEG of four components was decoded to " + raster.getNumBands());
    }
    int width = raster.getWidth();
    int height = raster.getHeight();
    int invert = header.adobeTransform() >= 0 ? 255 : 0;
    boolean ycck = header.adobeTransform() == YCCK;
    byte[] out = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
    int[] row = new int[4 * width];
    int to = 0;
    for (int y = 0; y < height; y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int x = 0; x < row.length; x += 4) {
        if (ycck) {
          ycckToCmyk(row, x);
        }
        int light = 255 - (row[x + 3] ^ invert);
        for (int c = 0; c < 3; c++) {
          out[to++] = (byte) PillowColors.cmykToRgb(row[x + c] ^ invert, light);
        }
      }
    }
    return new RgbImage(width, height, out);
  }

  /** libjpeg's {@code ycck_cmyk_convert}, 16-bit fixed point. */
  private static void ycckToCmyk(int[] row, int at) {
    int half = 1 << 15;
    int y = row[at];
    int cb = row[at + 1] - 128;
    int cr = row[at + 2] - 128;
    row[at] = 255 - Math.clamp(y + ((91881 * cr + half) >> 16), 0, 255);
    row[at + 1] = 255 - Math.clamp(y + ((-22554 * cb - 46802 * cr + half) >> 16), 0, 255);
    row[at + 2] = 255 - Math.clamp(y + ((116130 * cb + half) >> 16), 0, 255);
  }
}
