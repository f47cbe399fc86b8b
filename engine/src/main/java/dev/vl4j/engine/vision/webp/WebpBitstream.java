package dev.vl4j.engine.vision.webp;

import dev.vl4j.engine.vision.decode.BrokenImageException;

/**
 * What the header of a VP8 or VP8L bitstream says.
 *
 * @param width in pixels
 * @param height in pixels
 * @param lossless whether it is VP8L
 * @param alpha whether a VP8L bitstream says that it has alpha
 */
record WebpBitstream(int width, int height, boolean lossless, boolean alpha) {
  private static final int VP8_HEADER = 10;
  private static final int VP8L_HEADER = 5;
  private static final int MACROBLOCK = 16;

  /** Bits that libwebp reads past a partition's end before it takes notice. */
  private static final int READ_AHEAD = 64;

  /**
   * @param bytes the chunk's content lies in here
   * @param from where it begins
   * @param length its bytes
   * @throws BrokenImageException if libwebp would not decode it for what its header says
   */
  static WebpBitstream read(byte[] bytes, int from, int length, boolean lossless)
      throws BrokenImageException {
    return lossless ? vp8l(bytes, from, length) : vp8(bytes, from, length);
  }

  private static WebpBitstream vp8(byte[] bytes, int from, int length) throws BrokenImageException {
    if (length < VP8_HEADER) {
      throw new BrokenImageException("its VP8 header is cut off");
    }
    int bits = bits24(bytes, from);
    boolean startCode =
        bytes[from + 3] == (byte) 0x9d && bytes[from + 4] == 1 && bytes[from + 5] == 0x2a;
    boolean keyFrame = (bits & 1) == 0;
    boolean shown = (bits >> 4 & 1) == 1;
    int width = bits16(bytes, from + 6) & 0x3fff;
    int height = bits16(bytes, from + 8) & 0x3fff;
    boolean empty = width == 0 || height == 0;
    if (!startCode || !keyFrame || !shown || empty || (bits >> 1 & 7) > 3) {
      throw new BrokenImageException("its VP8 header is broken");
    }
    int firstPartition = bits >> 5;
    long macroblocks = (long) Math.ceilDiv(width, MACROBLOCK) * Math.ceilDiv(height, MACROBLOCK);
    // The first partition has the modes of all macroblocks, by fixed probabilities that let none of
    // them have less than a bit and a half. libwebp finds out only after it has made room.
    if (firstPartition >= length || macroblocks > 8L * firstPartition + READ_AHEAD) {
      throw new BrokenImageException(
          "it is truncated: %d x %d pixels of VP8 do not fit %d bytes"
              .formatted(width, height, length));
    }
    return new WebpBitstream(width, height, false, false);
  }

  private static WebpBitstream vp8l(byte[] bytes, int from, int length)
      throws BrokenImageException {
    if (length < VP8L_HEADER || bytes[from] != 0x2f) {
      throw new BrokenImageException("its VP8L header is broken or cut off");
    }
    int bits = bits16(bytes, from + 1) | bits16(bytes, from + 3) << 16;
    if (bits >>> 29 != 0) {
      throw new BrokenImageException("its VP8L version is unknown: " + (bits >>> 29));
    }
    int width = (bits & 0x3fff) + 1;
    int height = (bits >> 14 & 0x3fff) + 1;
    return new WebpBitstream(width, height, true, (bits >> 28 & 1) == 1);
  }

  static int bits16(byte[] bytes, int at) {
    return (bytes[at] & 0xff) | (bytes[at + 1] & 0xff) << 8;
  }

  static int bits24(byte[] bytes, int at) {
    return bits16(bytes, at) | (bytes[at + 2] & 0xff) << 16;
  }
}
