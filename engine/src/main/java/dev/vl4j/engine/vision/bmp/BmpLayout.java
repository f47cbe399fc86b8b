package dev.vl4j.engine.vision.bmp;

import dev.vl4j.engine.vision.decode.DecodedImage.Mode;
import org.jspecify.annotations.Nullable;

/** How BMP packs pixels. */
enum BmpLayout {
  BILEVEL(Mode.L, 1),
  GRAY(Mode.L, 8),
  PALETTE_1(Mode.P, 1),
  PALETTE_4(Mode.P, 4),
  PALETTE_8(Mode.P, 8),
  RGB_555(Mode.RGB, 16),
  RGB_565(Mode.RGB, 16),
  BGR(Mode.RGB, 24, 2, 1, 0),
  BGRX(Mode.RGB, 32, 2, 1, 0),
  XBGR(Mode.RGB, 32, 3, 2, 1),
  BGXR(Mode.RGB, 32, 3, 1, 0),
  ABGR(Mode.RGBA, 32, 3, 2, 1, 0),
  RGBA(Mode.RGBA, 32, 0, 1, 2, 3),
  BGRA(Mode.RGBA, 32, 2, 1, 0, 3),
  BGAR(Mode.RGBA, 32, 3, 1, 0, 2);

  private final Mode mode;
  private final int bits;

  @SuppressWarnings("ImmutableEnumChecker") // never changed
  private final int[] bytes; // of a pixel: where red, green, blue and alpha are

  BmpLayout(Mode mode, int bits, int... bytes) {
    this.mode = mode;
    this.bits = bits;
    this.bytes = bytes;
  }

  static @Nullable BmpLayout ofBits(int bits) {
    return switch (bits) {
      case 1 -> PALETTE_1;
      case 4 -> PALETTE_4;
      case 8 -> PALETTE_8;
      case 16 -> RGB_555;
      case 24 -> BGR;
      case 32 -> BGRX;
      default -> null;
    };
  }

  /** The layout that masks describe; null if Pillow knows none. */
  static @Nullable BmpLayout ofMasks(int bits, int red, int green, int blue, int alpha) {
    if (bits == 32) {
      BmpLayout found = null;
      for (BmpLayout layout : new BmpLayout[] {BGRX, XBGR, BGXR, ABGR, RGBA, BGRA, BGAR}) {
        if (layout.mask(0) == red
            && layout.mask(1) == green
            && layout.mask(2) == blue
            && layout.mask(3) == alpha) {
          found = layout;
        }
      }
      boolean none = (red | green | blue | alpha) == 0;
      return none ? BGRA : found;
    }
    if (bits == 24) {
      return red == BGR.mask(0) && green == BGR.mask(1) && blue == BGR.mask(2) ? BGR : null;
    }
    if (bits == 16 && blue == 0x1f) {
      if (red == 0xf800 && green == 0x7e0) {
        return RGB_565;
      }
      return red == 0x7c00 && green == 0x3e0 ? RGB_555 : null;
    }
    return null;
  }

  private int mask(int channel) {
    return channel < bytes.length ? 0xff << (8 * bytes[channel]) : 0;
  }

  Mode mode() {
    return mode;
  }

  /** Bytes that the pixels of a row take. */
  long rowBytes(long width) {
    return (width * bits + 7) / 8;
  }

  /**
   * Unpacks a row.
   *
   * @param row gets {@code [width][mode.channels]}
   */
  void unpack(byte[] file, int from, byte[] row) {
    switch (this) {
      case BILEVEL -> bits(file, from, 255, row);
      case PALETTE_1, PALETTE_4 -> bits(file, from, 1, row);
      case GRAY, PALETTE_8 -> System.arraycopy(file, from, row, 0, row.length);
      case RGB_555 -> fields(file, from, 10, 5, 31, row);
      case RGB_565 -> fields(file, from, 11, 5, 63, row);
      default -> bytes(file, from, row);
    }
  }

  private void bits(byte[] file, int from, int scale, byte[] row) {
    int mask = (1 << bits) - 1;
    int perByte = 8 / bits;
    for (int x = 0; x < row.length; x++) {
      int shift = 8 - bits * (x % perByte + 1);
      row[x] = (byte) (((file[from + x / perByte] >> shift) & mask) * scale);
    }
  }

  private static void fields(
      byte[] file, int start, int redShift, int greenShift, int greenMax, byte[] row) {
    int from = start;
    for (int to = 0; to < row.length; to += 3, from += 2) {
      int pixel = (file[from] & 0xff) | ((file[from + 1] & 0xff) << 8);
      row[to] = (byte) (((pixel >> redShift) & 31) * 255 / 31);
      row[to + 1] = (byte) (((pixel >> greenShift) & greenMax) * 255 / greenMax);
      row[to + 2] = (byte) ((pixel & 31) * 255 / 31);
    }
  }

  private void bytes(byte[] file, int start, byte[] row) {
    int from = start;
    int pixelBytes = bits / 8;
    for (int to = 0; to < row.length; to += bytes.length, from += pixelBytes) {
      for (int c = 0; c < bytes.length; c++) {
        row[to + c] = file[from + bytes[c]];
      }
    }
  }
}
