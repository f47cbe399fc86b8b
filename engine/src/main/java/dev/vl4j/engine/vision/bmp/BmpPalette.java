package dev.vl4j.engine.vision.bmp;

import dev.vl4j.engine.vision.decode.BrokenImageException;

/**
 * The palette of a BMP.
 *
 * @param rgb {@code [entries][3]}, red first
 * @param isGray whether entry i is the gray level i, or black and white where there are two: then
 *     Pillow drops the palette
 * @param end where it ends
 */
@SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
record BmpPalette(byte[] rgb, boolean isGray, int end) {
  private static final int MAX_ENTRIES = 256;

  /**
   * @param at where it begins
   * @param entryBytes 3, or 4 with an unused one; blue first
   */
  static BmpPalette read(byte[] file, int at, int entries, int entryBytes)
      throws BrokenImageException {
    int end = Math.min(at + entryBytes * entries, file.length);
    int whole = (end - at) / entryBytes;
    boolean gray = true;
    for (int i = 0; i < entries && gray; i++) {
      byte level = (byte) (entries == 2 ? 255 * i : i);
      int from = at + i * entryBytes;
      gray =
          from + 3 <= end
              && file[from] == level
              && file[from + 1] == level
              && file[from + 2] == level;
    }
    if (!gray && whole > MAX_ENTRIES) {
      throw new BrokenImageException("its palette has %d entries".formatted(whole));
    }
    byte[] rgb = new byte[gray ? 0 : 3 * whole];
    for (int i = 0; i < rgb.length / 3; i++) {
      for (int c = 0; c < 3; c++) {
        rgb[3 * i + c] = file[at + i * entryBytes + 2 - c];
      }
    }
    return new BmpPalette(rgb, gray, end);
  }
}
