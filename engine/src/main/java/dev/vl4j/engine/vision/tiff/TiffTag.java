package dev.vl4j.engine.vision.tiff;

import org.jspecify.annotations.Nullable;

/** The entries of an image file directory that make pixels. */
enum TiffTag {
  IMAGE_WIDTH(256, "ImageWidth"),
  IMAGE_LENGTH(257, "ImageLength"),
  BITS_PER_SAMPLE(258, "BitsPerSample"),
  COMPRESSION(259, "Compression"),
  PHOTOMETRIC(262, "PhotometricInterpretation"),
  FILL_ORDER(266, "FillOrder"),
  STRIP_OFFSETS(273, "StripOffsets"),
  ORIENTATION(274, "Orientation"),
  SAMPLES_PER_PIXEL(277, "SamplesPerPixel"),
  ROWS_PER_STRIP(278, "RowsPerStrip"),
  STRIP_BYTE_COUNTS(279, "StripByteCounts"),
  PLANAR_CONFIGURATION(284, "PlanarConfiguration"),
  T4_OPTIONS(292, "T4Options"),
  PREDICTOR(317, "Predictor"),
  COLOR_MAP(320, "ColorMap"),
  TILE_WIDTH(322, "TileWidth"),
  TILE_LENGTH(323, "TileLength"),
  TILE_OFFSETS(324, "TileOffsets"),
  TILE_BYTE_COUNTS(325, "TileByteCounts"),
  EXTRA_SAMPLES(338, "ExtraSamples"),
  SAMPLE_FORMAT(339, "SampleFormat"),
  JPEG_TABLES(347, "JPEGTables"),
  YCBCR_COEFFICIENTS(529, "YCbCrCoefficients"),
  YCBCR_SUBSAMPLING(530, "YCbCrSubSampling"),
  REFERENCE_BLACK_WHITE(532, "ReferenceBlackWhite"),
  XMP(700, "XMP"),
  WINDOWS_MEDIA_PHOTO(0xbc01, "PixelFormat");

  private static final TiffTag[] TAGS = values();

  final int number;
  final String label;

  TiffTag(int number, String label) {
    this.number = number;
    this.label = label;
  }

  /** Whether there is a value for each strip or tile. */
  boolean listsStrips() {
    return switch (this) {
      case STRIP_OFFSETS, STRIP_BYTE_COUNTS, TILE_OFFSETS, TILE_BYTE_COUNTS -> true;
      default -> false;
    };
  }

  /** The tag of a number, or null if it makes no pixels. */
  static @Nullable TiffTag of(int number) {
    for (TiffTag tag : TAGS) {
      if (tag.number == number) {
        return tag;
      }
    }
    return null;
  }
}
