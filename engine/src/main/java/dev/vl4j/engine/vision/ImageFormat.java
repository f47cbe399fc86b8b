package dev.vl4j.engine.vision;

import dev.vl4j.engine.vision.tiff.TiffDecoder;
import dev.vl4j.engine.vision.webp.WebpDecoder;

/** A file format, told from the first bytes. */
enum ImageFormat {
  PNG,
  JPEG,
  GIF,
  BMP,
  TIFF,
  WEBP,
  UNKNOWN;

  static ImageFormat of(byte[] bytes) {
    if (startsWith(bytes, 0, 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n')) {
      return PNG;
    }
    if (startsWith(bytes, 0, 0xff, 0xd8, 0xff)) {
      return JPEG;
    }
    if (startsWith(bytes, 0, 'G', 'I', 'F', '8')) {
      return GIF;
    }
    if (startsWith(bytes, 0, 'B', 'M')) {
      return BMP;
    }
    if (TiffDecoder.isTiff(bytes)) {
      return TIFF;
    }
    if (WebpDecoder.isWebp(bytes)) {
      return WEBP;
    }
    return UNKNOWN;
  }

  private static boolean startsWith(byte[] bytes, int offset, int... magic) {
    if (bytes.length < offset + magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if ((bytes[offset + i] & 0xff) != magic[i]) {
        return false;
      }
    }
    return true;
  }
}
