package dev.vl4j.engine.vision.png;

import dev.vl4j.engine.vision.decode.DecodedImage.Mode;
import org.jspecify.annotations.Nullable;

/** The pixel formats of PNG, and the samples that Pillow makes of a scanline in each. */
enum PngFormat {
  GRAY_1(1, 0, Mode.L, 1),
  GRAY_2(2, 0, Mode.L, 2),
  GRAY_4(4, 0, Mode.L, 4),
  GRAY_8(8, 0, Mode.L, 8),
  /** Pillow's mode I;16, whose conversion to 8 bits clips. */
  GRAY_16(16, 0, Mode.L, 16),
  RGB_8(8, 2, Mode.RGB, 24),
  RGB_16(16, 2, Mode.RGB, 48),
  PALETTE_1(1, 3, Mode.P, 1),
  PALETTE_2(2, 3, Mode.P, 2),
  PALETTE_4(4, 3, Mode.P, 4),
  PALETTE_8(8, 3, Mode.P, 8),
  GRAY_ALPHA_8(8, 4, Mode.LA, 16),
  GRAY_ALPHA_16(16, 4, Mode.RGBA, 32),
  RGBA_8(8, 6, Mode.RGBA, 32),
  RGBA_16(16, 6, Mode.RGBA, 64);

  final Mode mode;
  final int bitsPerPixel;
  private final int depth;
  private final int colorType;

  PngFormat(int depth, int colorType, Mode mode, int bitsPerPixel) {
    this.depth = depth;
    this.colorType = colorType;
    this.mode = mode;
    this.bitsPerPixel = bitsPerPixel;
  }

  static @Nullable PngFormat of(int depth, int colorType) {
    for (PngFormat format : values()) {
      if (format.depth == depth && format.colorType == colorType) {
        return format;
      }
    }
    return null;
  }

  /** Bytes of a scanline, without its filter byte. */
  int rowBytes(int width) {
    return Math.toIntExact(((long) width * bitsPerPixel + 7) / 8);
  }

  /** How far back a filter looks for the pixel to the left. */
  int filterDistance() {
    return (bitsPerPixel + 7) / 8;
  }

  /**
   * Unpacks a scanline.
   *
   * @param line its bytes, from {@code from} on
   * @param width in pixels
   * @param row gets {@code [width][mode.channels]} from {@code to} on
   */
  void unpack(byte[] line, int from, int width, byte[] row, int to) {
    switch (this) {
      case GRAY_1 -> bits(line, from, width, 255, row, to);
      case GRAY_2 -> bits(line, from, width, 85, row, to);
      case GRAY_4 -> bits(line, from, width, 17, row, to);
      case PALETTE_1, PALETTE_2, PALETTE_4 -> bits(line, from, width, 1, row, to);
      case GRAY_8, PALETTE_8, GRAY_ALPHA_8, RGB_8, RGBA_8 ->
          System.arraycopy(line, from, row, to, width * mode.channels);
      case GRAY_16 -> clipped(line, from, width, row, to);
      case RGB_16, RGBA_16 -> highBytes(line, from, width * mode.channels, row, to);
      case GRAY_ALPHA_16 -> grayAlpha(line, from, width, row, to);
    }
  }

  private void bits(byte[] line, int from, int width, int scale, byte[] row, int to) {
    int mask = (1 << depth) - 1;
    int at = from;
    int shift = 8;
    for (int x = 0; x < width; x++) {
      shift -= depth;
      row[to + x] = (byte) ((line[at] >> shift & mask) * scale);
      if (shift == 0) {
        shift = 8;
        at++;
      }
    }
  }

  private static void clipped(byte[] line, int from, int width, byte[] row, int to) {
    for (int x = 0; x < width; x++) {
      row[to + x] = line[from + 2 * x] == 0 ? line[from + 2 * x + 1] : (byte) 255;
    }
  }

  private static void highBytes(byte[] line, int from, int samples, byte[] row, int to) {
    for (int i = 0; i < samples; i++) {
      row[to + i] = line[from + 2 * i];
    }
  }

  private static void grayAlpha(byte[] line, int from, int width, byte[] row, int start) {
    int to = start;
    for (int x = 0; x < width; x++, to += 4) {
      byte gray = line[from + 4 * x];
      row[to] = gray;
      row[to + 1] = gray;
      row[to + 2] = gray;
      row[to + 3] = line[from + 4 * x + 2];
    }
  }
}
