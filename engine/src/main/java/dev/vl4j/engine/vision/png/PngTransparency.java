package dev.vl4j.engine.vision.png;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A PNG's tRNS chunk: which colours are transparent. */
final class PngTransparency {
  private static final byte OPAQUE = (byte) 255;

  private byte @Nullable [] alpha;
  private int @Nullable [] color;

  /** How opaque the first entries of the palette are; null if nothing is said. */
  byte @Nullable [] alpha() {
    return alpha;
  }

  /** The transparent gray level, or colour, in the eight bits that Pillow compares. */
  int @Nullable [] color() {
    return color;
  }

  void read(byte[] data, @Nullable PngFormat format) throws BrokenImageException {
    if (format == null) {
      return;
    }
    switch (format) {
      case PALETTE_1, PALETTE_2, PALETTE_4, PALETTE_8 -> alpha = entries(data);
      case GRAY_1 -> color = new int[] {gray(data) == 0 ? 0 : 255};
      case GRAY_2, GRAY_4, GRAY_8, GRAY_16 -> color = new int[] {gray(data) & 0xff};
      case RGB_8, RGB_16 -> {
        PngFile.requireLength("tRNS", data, 6);
        color = new int[] {data[1] & 0xff, data[3] & 0xff, data[5] & 0xff};
      }
      default -> {} // it has an alpha channel, which counts
    }
  }

  private static int gray(byte[] data) throws BrokenImageException {
    PngFile.requireLength("tRNS", data, 2);
    return (data[0] & 0xff) << 8 | (data[1] & 0xff);
  }

  /**
   * Where one entry is transparent and the others are opaque, Pillow remembers its index alone. It
   * recognises that by a pattern that overlooks a line feed at the end.
   */
  private static byte[] entries(byte[] data) {
    int length = data.length > 0 && data[data.length - 1] == '\n' ? data.length - 1 : data.length;
    int transparent = -1;
    for (int i = 0; i < length; i++) {
      if (data[i] == 0 && transparent < 0) {
        transparent = i;
      } else if (data[i] != OPAQUE) {
        return data;
      }
    }
    if (transparent < 0) {
      return data;
    }
    byte[] opaque = new byte[transparent + 1];
    Arrays.fill(opaque, OPAQUE);
    opaque[transparent] = 0;
    return opaque;
  }
}
