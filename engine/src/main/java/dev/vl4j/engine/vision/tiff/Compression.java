package dev.vl4j.engine.vision.tiff;

import dev.vl4j.engine.vision.decode.BrokenImageException;

/** The values of the Compression tag that Pillow knows. */
enum Compression {
  NONE(1, true, "none"),
  CCITT_RLE(2, true, "CCITT run-length"),
  CCITT_GROUP3(3, true, "CCITT group 3"),
  CCITT_GROUP4(4, true, "CCITT group 4"),
  LZW(5, true, "LZW"),
  OLD_JPEG(6, false, "old-style JPEG (6)"),
  JPEG(7, true, "JPEG"),
  ADOBE_DEFLATE(8, true, "Deflate"),
  CCITT_RLE_WORDS(32771, true, "CCITT run-length in words"),
  PACKBITS(32773, true, "PackBits"),
  THUNDERSCAN(32809, false, "ThunderScan (32809)"),
  DEFLATE(32946, true, "Deflate"),
  SGI_LOG(34676, false, "SGI LogLuv (34676)"),
  SGI_LOG24(34677, false, "SGI LogLuv (34677)"),
  LZMA(34925, false, "LZMA (34925)"),
  ZSTD(50000, false, "Zstandard (50000)"),
  WEBP(50001, false, "WebP (50001)");

  private final int number;
  private final boolean supported;
  private final String label;

  Compression(int number, boolean supported, String label) {
    this.number = number;
    this.supported = supported;
    this.label = label;
  }

  /**
   * @throws BrokenImageException if it is unknown or not supported
   */
  static Compression of(int number) throws BrokenImageException {
    for (Compression compression : values()) {
      if (compression.number == number) {
        if (!compression.supported) {
          throw new BrokenImageException(
              "TIFF compression " + compression.label + " is not supported");
        }
        return compression;
      }
    }
    throw new BrokenImageException("its TIFF compression is unknown: " + number);
  }

  int number() {
    return number;
  }

  /** Whether strips are CCITT fax codes, whose readers take bits in either order. */
  boolean isFax() {
    return switch (this) {
      case CCITT_RLE, CCITT_RLE_WORDS, CCITT_GROUP3, CCITT_GROUP4 -> true;
      default -> false;
    };
  }

  /** Whether samples may be stored as differences. */
  boolean hasPredictor() {
    return this == LZW || this == DEFLATE || this == ADOBE_DEFLATE;
  }

  @Override
  public String toString() {
    return label;
  }
}
