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

  /** libtiff counts samples in 16 bits. */
  private static final int MOST_SAMPLES = 0xffff;

  private final TiffDirectory directory;
  private final TiffField offsets;
  private final @Nullable TiffField byteCounts;
  private final long tiles; // of all planes
  private final long tilesOfPlane;

  private final int imageHeight;
  private final long mostBytes;
  private long bytesRead;

  /** Whether each sample has a plane of its own. */
  final boolean separate;

  final boolean tiled;
  final int tileWidth;

  /** Rows of a tile; of a strip as the file has it, possibly more than the image's. */
  final int tileHeight;

  private final int columns;

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
    long count = required(SAMPLES_PER_PIXEL, 1);
    if (count < 1 || count > MOST_SAMPLES) {
      throw new BrokenImageException("its SamplesPerPixel is " + count);
    }
    samples = (int) count;
    long planar = required(PLANAR_CONFIGURATION, 1);
    if (planar != 1 && planar != 2) {
      throw new BrokenImageException("its PlanarConfiguration is " + planar);
    }
    separate = planar == 2;
    new SampleChecks(directory, samples).check(layout);
    long height = required(ROWS_PER_STRIP, ALL_ROWS);
    long width = height == ALL_ROWS ? 0 : layout.width();
    tiled =
        directory.findForLibtiff(TILE_WIDTH) != null
            || directory.findForLibtiff(TILE_LENGTH) != null;
    if (tiled) {
      // Where one of them is missing, it is that of strips.
      width = required(TILE_WIDTH, width);
      height = required(TILE_LENGTH, height == ALL_ROWS ? 0 : height);
    } else {
      width = layout.width();
      height = height == ALL_ROWS ? layout.height() : height;
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
    imageHeight = layout.height();
    mostBytes = mostBytes(layout);
  }

  /** Tiles may be much larger than their image, and all of them may lie in the same few bytes. */
  private void checkPadding(long width, long height, WorkGuard guard) throws BrokenImageException {
    if (width > 2 * guard.maxPixels() / height) {
      throw new BrokenImageException(
          "its tiles of %d x %d pixels cover %d x %d, more than twice %d pixels"
              .formatted(tileWidth, tileHeight, width, height, guard.maxPixels()));
    }
  }

  /**
   * How many bytes may be read in all. Some writers have equal tiles only once in the file, but
   * then these are small; many tiles in the same many bytes would take time out of proportion.
   */
  private long mostBytes(TiffLayout layout) {
    long pixels = (long) layout.width() * layout.height();
    return 4L * directory.bytes().length + pixels * samples * Math.ceilDiv(layout.bits(), 8);
  }

  /** An integer that libtiff does not do without if there is such an entry. */
  private long required(TiffTag tag, long fallback) throws BrokenImageException {
    TiffField field = directory.findForLibtiff(tag);
    if (field == null) {
      return fallback;
    }
    if (field.count() != 1 || !field.isIntegerForLibtiff()) {
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
    if (found != null && !found.isIntegerForLibtiff()) {
      throw new BrokenImageException("its " + ofStrips.label + " are not integers");
    }
    if (found != null && found.count() < Math.min(tiles, found.declared())) {
      throw new BrokenImageException("it is truncated: its " + ofStrips.label + " are cut off");
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
        found != null && tiles == 1 && !tiled && value(found, 0) == 0 && value(offsets, 0) != 0;
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
    bytesRead += length;
    if (bytesRead > mostBytes) {
      throw new BrokenImageException(
          "its %s are in the same bytes again and again".formatted(tiled ? "tiles" : "strips"));
    }
    // A strip at the image's end may have more rows than are left.
    boolean last = !tiled && imageHeight - y <= tileHeight;
    int rows = last ? Integer.MAX_VALUE : tileHeight;
    if (lowBitsFirst) {
      reader.open(BitOrder.reversed(file, (int) offset, (int) length), 0, (int) length, rows);
    } else {
      reader.open(file, (int) offset, (int) length, rows);
    }
  }

  /** Zero where the list is too short, as with libtiff. */
  private static long value(TiffField field, long index) {
    return index < field.count() ? field.integer((int) index) : 0;
  }

  private long guessed(long index, long offset) throws BrokenImageException {
    long space = directory.bytesForPixels() / (separate ? samples : 1);
    int size = directory.bytes().length;
    return index == tiles - 1 && offset > size - space ? size - offset : space;
  }
}
