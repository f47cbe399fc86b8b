package dev.vl4j.engine.vision.webp;

/**
 * An image inside a WebP file.
 *
 * @param x pixels from the canvas's left edge
 * @param y pixels from the canvas's top
 * @param bitstream what the header of its VP8 or VP8L chunk says
 * @param alphaFrom where its ALPH chunk begins in the file, or -1
 * @param imageFrom where its VP8 or VP8L chunk begins
 * @param to where that ends
 */
record WebpFrame(int x, int y, WebpBitstream bitstream, int alphaFrom, int imageFrom, int to) {
  int width() {
    return bitstream.width();
  }

  int height() {
    return bitstream.height();
  }

  boolean hasAlphaChunk() {
    return alphaFrom >= 0;
  }

  WebpFrame withoutAlphaChunk() {
    return new WebpFrame(x, y, bitstream, -1, imageFrom, to);
  }

  /** Where the chunks begin that libwebp decodes. */
  int from() {
    return hasAlphaChunk() ? alphaFrom : imageFrom;
  }

  /** Bytes of these chunks. */
  int length() {
    return to - from();
  }
}
