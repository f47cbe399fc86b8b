package dev.vl4j.engine.vision.tiff;

import static dev.vl4j.engine.vision.tiff.TiffTag.ROWS_PER_STRIP;
import static dev.vl4j.engine.vision.tiff.TiffTag.STRIP_OFFSETS;
import static dev.vl4j.engine.vision.tiff.TiffTag.TILE_LENGTH;
import static dev.vl4j.engine.vision.tiff.TiffTag.TILE_OFFSETS;
import static dev.vl4j.engine.vision.tiff.TiffTag.TILE_WIDTH;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;

/**
 * Reads uncompressed pixels, as Pillow's own raw decoder does: from each offset on, without regard
 * to byte counts. An image that has too few offsets stays black where they end; offsets that are
 * too many paint the image once more, in the order in which they lie in the file.
 */
final class UncompressedPixels {
  private final byte[] file;
  private final TiffLayout layout;
  private final WorkGuard guard;
  private final Canvas canvas;
  private final TiffField offsets;
  private final int tileWidth;
  private final int tileHeight;
  private final long columns;
  private final long tiles; // of one layer

  private UncompressedPixels(
      TiffDirectory directory, TiffLayout layout, Canvas canvas, WorkGuard guard)
      throws BrokenImageException {
    this.file = directory.bytes();
    this.layout = layout;
    this.canvas = canvas;
    this.guard = guard;
    TiffField strips = directory.find(STRIP_OFFSETS);
    TiffField found = strips == null ? directory.find(TILE_OFFSETS) : strips;
    if (found == null) {
      throw new BrokenImageException("its TIFF directory has neither StripOffsets nor TileOffsets");
    }
    if (!found.isInteger() && found.type() != TiffField.BYTE) {
      throw new BrokenImageException("its offsets of strips or tiles are not integers");
    }
    offsets = found;
    if (strips == null) {
      tileWidth = side(directory, TILE_WIDTH, -1);
      tileHeight = side(directory, TILE_LENGTH, -1);
    } else {
      tileWidth = layout.width();
      tileHeight = side(directory, ROWS_PER_STRIP, layout.height());
    }
    columns = Math.ceilDiv((long) layout.width(), tileWidth);
    tiles = columns * Math.ceilDiv((long) layout.height(), tileHeight);
  }

  /** The width or height of tiles or strips; beyond the image's own it makes no difference. */
  private static int side(TiffDirectory directory, TiffTag tag, int fallback)
      throws BrokenImageException {
    TiffField field = directory.find(tag);
    if (field == null && fallback > 0) {
      return fallback;
    }
    if (field == null || !field.isInteger()) {
      throw new BrokenImageException("its TIFF directory has no integer for " + tag.label);
    }
    long side = field.integer(0);
    if (side < 1 || side > Integer.MAX_VALUE) {
      if (side > 0) {
        return Integer.MAX_VALUE;
      }
      throw new BrokenImageException("its %s is %d".formatted(tag.label, side));
    }
    return (int) side;
  }

  static void read(TiffDirectory directory, TiffLayout layout, Canvas canvas, WorkGuard guard)
      throws BrokenImageException {
    new UncompressedPixels(directory, layout, canvas, guard).read();
  }

  private void read() throws BrokenImageException {
    if (layout.planar()) {
      readPlanes();
      return;
    }
    RawMode rawMode = rawMode(layout.rawMode());
    if (offsets.count() <= tiles) {
      for (int i = 0; i < offsets.count(); i++) {
        readTile(i, offsets.integer(i), rawMode);
      }
      return;
    }
    if (tiles == 1 && tileWidth == layout.width() && tileHeight == layout.height()) {
      readTile(0, offsets.integer(offsets.count() - 1), rawMode);
      return;
    }
    // Of all that is painted over one place only what comes last is to be seen.
    guard.reserve(tiles * Long.BYTES);
    long[] last = new long[(int) tiles];
    for (int i = 0; i < offsets.count(); i++) {
      int tile = (int) (i % tiles);
      long offset = offsets.integer(i);
      if (offset < 0) {
        throw pastTheEnd(offset);
      }
      last[tile] = Math.max(last[tile], offset);
    }
    for (int tile = 0; tile < tiles; tile++) {
      readTile(tile, last[tile], rawMode);
    }
    guard.release(tiles * Long.BYTES);
  }

  /** Each layer of tiles is a band: the letters of the raw mode's name, as Pillow has it. */
  private void readPlanes() throws BrokenImageException {
    if (offsets.count() > tiles * layout.rawMode().length()) {
      throw new BrokenImageException(
          "%d offsets are too many for its planes".formatted(offsets.count()));
    }
    for (int i = 0; i < offsets.count(); i++) {
      readTile((int) (i % tiles), offsets.integer(i), plane((int) (i / tiles)));
    }
  }

  /** What Pillow takes a layer for; samples of more than 8 bits are not what it makes of them. */
  private RawMode plane(int layer) throws BrokenImageException {
    PillowMode mode = canvas.mode;
    char letter = layout.rawMode().charAt(layer);
    int band =
        switch (mode) {
          case RGB -> "RGB".indexOf(letter);
          case RGBA -> "RGBA".indexOf(letter);
          case CMYK -> "CMYK".indexOf(letter);
          case LAB -> "LAB".indexOf(letter);
          default -> -1;
        };
    if (band >= 0) {
      return RawMode.band(mode, band, 8);
    }
    return switch (mode + " " + letter) {
      case "GRAY 1" -> rawMode("1");
      case "GRAY L" -> rawMode("L");
      case "PALETTE P" -> rawMode("P");
      case "GRAY I" -> {
        if (layout.bits() != 32 && !layout.rawMode().endsWith("S")) {
          throw notInPlanes();
        }
        yield rawMode("I;32");
      }
      case "GRAY F" -> rawMode("F;32F");
      default -> throw notInPlanes();
    };
  }

  private BrokenImageException notInPlanes() {
    return new BrokenImageException(
        "raw mode %s in separate planes is not supported".formatted(layout.rawMode()));
  }

  private static RawMode rawMode(String name) throws BrokenImageException {
    RawMode rawMode = RawMode.named(name);
    if (rawMode == null) {
      throw new BrokenImageException("raw mode " + name + " is not supported uncompressed");
    }
    return rawMode;
  }

  private void readTile(int tile, long offset, RawMode rawMode) throws BrokenImageException {
    int x = (int) (tile % columns) * tileWidth;
    int y = (int) (tile / columns) * tileHeight;
    int width = Math.min(tileWidth, layout.width() - x);
    int height = Math.min(tileHeight, layout.height() - y);
    long rowBytes = ((long) width * rawMode.bits() + 7) / 8;
    long step = width < tileWidth ? stride(rowBytes) : rowBytes;
    if (offset < 0 || offset > file.length - (height - 1) * step - rowBytes) {
      throw pastTheEnd(offset);
    }
    for (int row = 0; row < height; row++) {
      if (row == 0 || x == 0) {
        guard.check();
      }
      rawMode
          .unpacker()
          .unpack(
              file, (int) (offset + row * step), canvas.samples(), canvas.at(x, y + row), width);
    }
  }

  private static BrokenImageException pastTheEnd(long offset) {
    return new BrokenImageException(
        "it is truncated: the pixels at offset %s go past the end of the file"
            .formatted(Long.toUnsignedString(offset)));
  }

  /** Bytes from row to row of a tile that goes past the image's right edge. */
  private long stride(long rowBytes) throws BrokenImageException {
    double bytes = (double) tileWidth * layout.bitsOfPixel() / 8;
    long stride = (long) (layout.planar() ? bytes / layout.bandCount() : bytes);
    if (stride == 0) {
      return rowBytes;
    }
    if (stride < rowBytes) {
      throw new BrokenImageException("its tiles are too narrow for their pixels");
    }
    return stride;
  }
}
