package dev.vl4j.engine.vision.tiff;

import static dev.vl4j.engine.vision.tiff.TiffTag.IMAGE_LENGTH;
import static dev.vl4j.engine.vision.tiff.TiffTag.IMAGE_WIDTH;
import static dev.vl4j.engine.vision.tiff.TiffTag.PLANAR_CONFIGURATION;
import static dev.vl4j.engine.vision.tiff.TiffTag.ROWS_PER_STRIP;
import static dev.vl4j.engine.vision.tiff.TiffTag.SAMPLES_PER_PIXEL;
import static dev.vl4j.engine.vision.tiff.TiffTag.STRIP_BYTE_COUNTS;
import static dev.vl4j.engine.vision.tiff.TiffTag.STRIP_OFFSETS;
import static dev.vl4j.engine.vision.tiff.TiffTag.TILE_BYTE_COUNTS;
import static dev.vl4j.engine.vision.tiff.TiffTag.TILE_LENGTH;
import static dev.vl4j.engine.vision.tiff.TiffTag.TILE_OFFSETS;
import static dev.vl4j.engine.vision.tiff.TiffTag.TILE_WIDTH;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import org.jspecify.annotations.Nullable;

/**
 * The strips or tiles of a compressed image, as libtiff reads them. A strip is a tile as wide as
 * the image; its last one may be lower.
 */
final class StripTable {
  /** libtiff's RowsPerStrip where all rows are in one strip. */
  private static final long ALL_ROWS = 0xffff_ffffL;

  private final TiffDirectory directory;
  private final TiffField offsets;
  private final @Nullable TiffField byteCounts;
  private final boolean separate; // planes
  private final long tiles; // of all planes
  private final long tilesOfPlane;

  final boolean tiled;
  final int tileWidth;

  /** Rows of a tile; of a strip as the file has it, possibly more than the image's. */
  final int tileHeight;

  final int columns;

  /** Samples of a pixel, those that Pillow ignores too. */
  final int samples;

  /**
   * @throws BrokenImageException if libtiff would not read the directory
   */
  StripTable(TiffDirectory directory, TiffLayout layout, WorkGuard guard)
      throws BrokenImageException {
    this.directory = directory;
    if (required(IMAGE_WIDTH, -1) != layout.width()
        || required(IMAGE_LENGTH, -1) != layout.height()) {
      throw new BrokenImageException("its TIFF directory has two sizes for one image");
    }
    samples = (int) required(SAMPLES_PER_PIXEL, 1);
    separate = required(PLANAR_CONFIGURATION, 1) == 2;
    long width = required(TILE_WIDTH, 0);
    long height = required(TILE_LENGTH, 0);
    tiled = width != 0 || height != 0;
    if (!tiled) {
      width = layout.width();
      height = required(ROWS_PER_STRIP, ALL_ROWS);
      if (height == ALL_ROWS) {
        height = layout.height();
      }
    }
    if (width < 1 || height < 1 || width > Integer.MAX_VALUE || height > Integer.MAX_VALUE) {
      throw new BrokenImageException(
          "its %s are %d x %d pixels".formatted(tiled ? "tiles" : "strips", width, height));
    }
    tileWidth = (int) width;
    tileHeight = (int) height;
    columns = Math.ceilDiv(layout.width(), tileWidth);
    long rows = Math.ceilDiv(layout.height(), tileHeight);
    tilesOfPlane = columns * rows;
    tiles = separate ? tilesOfPlane * samples : tilesOfPlane;
    if (tiled) {
      checkPadding(columns * width, rows * height, guard);
    }
    offsets = offsets();
    byteCounts = byteCounts();
  }

  /** Tiles may be much larger than their image, and all of them may lie in the same few bytes. */
  private void checkPadding(long width, long height, WorkGuard guard) throws BrokenImageException {
    if (width > 2 * guard.maxPixels() / height) {
      throw new BrokenImageException(
          "its tiles of %d x %d pixels cover %d x %d, more than twice %d pixels"
              .formatted(tileWidth, tileHeight, width, height, guard.maxPixels()));
    }
  }

  /** An integer that libtiff does not do without if there is such an entry. */
  private long required(TiffTag tag, long fallback) throws BrokenImageException {
    TiffField field = directory.findForLibtiff(tag);
    if (field == null) {
      return fallback;
    }
    if (field.count() != 1 || !(field.isInteger() || field.type() == TiffField.BYTE)) {
      throw new BrokenImageException("its %s is not one integer".formatted(tag.label));
    }
    long value = field.integer(0);
    if (value < 0 || value > ALL_ROWS || (value == 0 && tag == ROWS_PER_STRIP)) {
      throw new BrokenImageException("its %s is %d".formatted(tag.label, value));
    }
    return value;
  }

  private TiffField offsets() throws BrokenImageException {
    TiffField found = either(STRIP_OFFSETS, TILE_OFFSETS);
    if (found == null) {
      throw new BrokenImageException("its TIFF directory has neither StripOffsets nor TileOffsets");
    }
    return found;
  }

  /** The last of two entries that mean the same to libtiff. */
  private @Nullable TiffField either(TiffTag ofStrips, TiffTag ofTiles)
      throws BrokenImageException {
    TiffField strips = directory.findForLibtiff(ofStrips);
    TiffField found = directory.findForLibtiff(ofTiles);
    if (found == null) {
      found = strips;
    }
    if (found != null && !found.isInteger() && found.type() != TiffField.BYTE) {
      throw new BrokenImageException("its " + ofStrips.label + " are not integers");
    }
    return found;
  }

  /** The byte counts, or null if they are to be guessed. */
  private @Nullable TiffField byteCounts() throws BrokenImageException {
    TiffField found = either(STRIP_BYTE_COUNTS, TILE_BYTE_COUNTS);
    if (found == null && tiles > (separate ? samples : 1)) {
      throw new BrokenImageException("its TIFF directory has no StripByteCounts");
    }
    boolean unknown =
        found != null && tiles == 1 && !tiled && found.integer(0) == 0 && offsets.integer(0) != 0;
    return unknown ? null : found;
  }

  /** Opens the strip or tile that has a pixel of a plane. */
  void open(StripReader reader, int x, int y, int plane, boolean lowBitsFirst)
      throws BrokenImageException {
    long index = plane * tilesOfPlane + (long) (y / tileHeight) * columns + x / tileWidth;
    byte[] file = directory.bytes();
    long offset = value(offsets, index);
    long length = byteCounts == null ? guessed(index, offset) : value(byteCounts, index);
    String name = "%s %d".formatted(tiled ? "tile" : "strip", index);
    if (length <= 0) {
      throw new BrokenImageException("its %s has no bytes".formatted(name));
    }
    if (offset < 0 || length > file.length || offset > file.length - length) {
      throw new BrokenImageException(
          "it is truncated: %d bytes of its %s begin at %s of %d"
              .formatted(length, name, Long.toUnsignedString(offset), file.length));
    }
    if (lowBitsFirst) {
      reader.open(BitOrder.reversed(file, (int) offset, (int) length), 0, (int) length);
    } else {
      reader.open(file, (int) offset, (int) length);
    }
  }

  private static long value(TiffField field, long index) {
    return index < field.count() ? field.integer((int) index) : 0;
  }

  private long guessed(long index, long offset) throws BrokenImageException {
    long space = directory.bytesForPixels() / (separate ? samples : 1);
    int size = directory.bytes().length;
    return index == tiles - 1 && offset > size - space ? size - offset : space;
  }
}
