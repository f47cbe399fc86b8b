package dev.vl4j.engine.vision.tiff;

import static dev.vl4j.engine.vision.tiff.TiffTag.FILL_ORDER;
import static dev.vl4j.engine.vision.tiff.TiffTag.PREDICTOR;
import static dev.vl4j.engine.vision.tiff.TiffTag.T4_OPTIONS;

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
    if (fax && (layout.bits() != 1 || (strips.samples != 1 && !layout.planar()))) {
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
            layout.planar() ? 1 : strips.samples,
            layout.floats(),
            directory.bigEndian(),
            rowBytes);
  }

  boolean hasPredictor() {
    return predicted;
  }

  /** Bytes that reading takes besides the file and the rows. */
  long memory() {
    return (predicted ? rowBytes : 0)
        + (layout.compression().isFax() ? FaxReader.memory(strips.tileWidth) : 0);
  }

  StripReader reader() {
    return switch (layout.compression()) {
      case LZW -> new LzwReader();
      case DEFLATE, ADOBE_DEFLATE -> new DeflateReader();
      case PACKBITS -> new PackBitsReader();
      case CCITT_RLE, CCITT_RLE_WORDS, CCITT_GROUP3, CCITT_GROUP4 ->
          new FaxReader(
              layout.compression(),
              strips.tileWidth,
              directory.numberForLibtiff(T4_OPTIONS, 0),
              lowBitsFirst());
      default -> throw new IllegalStateException(layout.compression() + " has no reader");
    };
  }

  private boolean lowBitsFirst() {
    return directory.numberForLibtiff(FILL_ORDER, 1) == 2;
  }

  /** Goes to the beginning of the strip or tile that has a pixel of a plane. */
  void open(StripReader reader, int x, int y, int plane) throws BrokenImageException {
    strips.open(reader, x, y, plane, lowBitsFirst() && !layout.compression().isFax());
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
