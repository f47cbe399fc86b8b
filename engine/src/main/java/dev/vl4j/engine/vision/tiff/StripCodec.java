package dev.vl4j.engine.vision.tiff;

import static dev.vl4j.engine.vision.tiff.TiffTag.FILL_ORDER;
import static dev.vl4j.engine.vision.tiff.TiffTag.JPEG_TABLES;
import static dev.vl4j.engine.vision.tiff.TiffTag.PREDICTOR;
import static dev.vl4j.engine.vision.tiff.TiffTag.T4_OPTIONS;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;

/** Makes rows of an image's strips: decompresses them and undoes the predictor. */
final class StripCodec {
  private static final int NO_PREDICTOR = 1;

  private final TiffDirectory directory;
  private final TiffLayout layout;
  private final StripTable strips;
  private final Predictor predictor;
  private final int rowBytes;
  private final boolean predicted;

  /**
   * @param rowBytes of a strip or tile
   * @throws BrokenImageException if compression or predictor do not fit the samples
   */
  StripCodec(TiffDirectory directory, TiffLayout layout, StripTable strips, int rowBytes)
      throws BrokenImageException {
    this.directory = directory;
    this.layout = layout;
    this.strips = strips;
    this.rowBytes = rowBytes;
    boolean fax = layout.compression().isFax();
    if (fax && (layout.bits() != 1 || (strips.samples != 1 && !strips.separate))) {
      throw new BrokenImageException("fax compression does not fit samples of more than one bit");
    }
    long kind =
        layout.compression().hasPredictor()
            ? directory.numberForLibtiff(PREDICTOR, NO_PREDICTOR)
            : NO_PREDICTOR;
    predicted = kind != NO_PREDICTOR;
    predictor =
        new Predictor(
            kind,
            layout.bits(),
            strips.separate ? 1 : strips.samples,
            layout.floats(),
            directory.bigEndian());
  }

  boolean hasPredictor() {
    return predicted;
  }

  /** Bytes that reading takes besides the file and the rows. */
  long memory() {
    return (predicted ? rowBytes : 0)
        + (reversesStrips() ? directory.bytes().length : 0)
        + (layout.compression().isFax() ? FaxReader.memory(strips.tileWidth) : 0);
  }

  StripReader reader(WorkGuard guard) throws BrokenImageException {
    return switch (layout.compression()) {
      case LZW -> new LzwReader();
      case DEFLATE, ADOBE_DEFLATE -> new DeflateReader();
      case PACKBITS -> new PackBitsReader();
      case JPEG -> jpegReader(guard);
      case CCITT_RLE, CCITT_RLE_WORDS, CCITT_GROUP3, CCITT_GROUP4 ->
          new FaxReader(
              layout.compression(),
              strips.tileWidth,
              directory.numberForLibtiff(T4_OPTIONS, 0),
              lowBitsFirst());
      default -> throw new IllegalStateException(layout.compression() + " has no reader");
    };
  }

  private JpegReader jpegReader(WorkGuard guard) throws BrokenImageException {
    TiffField tables = directory.findForLibtiff(JPEG_TABLES);
    int components = strips.separate ? 1 : strips.samples;
    if (components != 1 && components != 3) {
      throw new BrokenImageException(
          "JPEG compression of %d samples a pixel is not supported".formatted(components));
    }
    if (layout.bits() != 8) {
      throw new BrokenImageException(
          "JPEG compression does not fit samples of %d bits".formatted(layout.bits()));
    }
    boolean ycbcr = layout.hasJpegColors();
    return new JpegReader(
        tables == null ? new byte[0] : tables.rawBytes(),
        ycbcr,
        ycbcr ? YCbCrPixels.saidSampling(directory) : JpegStream.NOT_SUBSAMPLED,
        components,
        strips.tileWidth,
        guard);
  }

  private boolean lowBitsFirst() {
    return directory.numberForLibtiff(FILL_ORDER, 1) == 2;
  }

  /** Readers of fax codes take bits in either order, and JPEG has an order of its own. */
  private boolean reversesStrips() {
    Compression compression = layout.compression();
    return lowBitsFirst() && !compression.isFax() && compression != Compression.JPEG;
  }

  /** Goes to the beginning of the strip or tile that has a pixel of a plane. */
  void open(StripReader reader, int x, int y, int plane) throws BrokenImageException {
    strips.open(reader, x, y, plane, reversesStrips());
  }

  /**
   * Reads rows.
   *
   * @param bytes a whole number of rows if there is a predictor
   */
  void readRows(StripReader reader, byte[] rows, int bytes) throws BrokenImageException {
    reader.readRow(rows, bytes);
    for (int row = 0; row < bytes / rowBytes; row++) {
      predictor.restore(rows, row * rowBytes, rowBytes);
    }
  }
}
