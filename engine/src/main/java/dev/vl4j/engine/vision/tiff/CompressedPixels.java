package dev.vl4j.engine.vision.tiff;

import static dev.vl4j.engine.vision.tiff.TiffTag.EXTRA_SAMPLES;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;

/**
 * Reads compressed strips and tiles, as Pillow does through libtiff: rows that libtiff gives in the
 * machine's (little-endian) order, unpacked by Pillow's raw modes.
 */
final class CompressedPixels {
  private final TiffDirectory directory;
  private final TiffLayout layout;
  private final StripTable strips;
  private final Canvas canvas;
  private final WorkGuard guard;
  private final int planes;
  private final int rowBytes;

  private CompressedPixels(
      TiffDirectory directory, TiffLayout layout, Canvas canvas, WorkGuard guard)
      throws BrokenImageException {
    this.directory = directory;
    this.layout = layout;
    this.canvas = canvas;
    this.guard = guard;
    directory.checkForLibtiff();
    strips = new StripTable(directory, layout, guard);
    planes = strips.separate && canvas.mode.bands > 1 ? canvas.mode.bands : 1;
    long bytes =
        ((long) strips.tileWidth * layout.bits() * (strips.separate ? 1 : strips.samples) + 7) / 8;
    checkRowSize(bytes);
    rowBytes = (int) bytes;
  }

  /** Pillow refuses rows that do not have the size of its raw mode. */
  private void checkRowSize(long bytes) throws BrokenImageException {
    RawMode rawMode = nativeRawMode();
    long expected = ((long) strips.tileWidth * rawMode.bits() / planes + 7) / 8;
    long height = strips.tileHeight;
    long size = bytes * (strips.tiled ? height : Math.min(height, layout.height()));
    boolean fits =
        strips.tiled
            ? size <= (height * rawMode.bits() / planes + 7) / 8 * strips.tileWidth
                && (planes > 1 || expected <= bytes)
            : size <= expected * height && expected <= bytes;
    if (!fits || size >= Integer.MAX_VALUE) {
      throw new BrokenImageException(
          "its strips or tiles have rows of %d bytes, which do not fit raw mode %s"
              .formatted(bytes, rawMode.name()));
    }
  }

  static void read(TiffDirectory directory, TiffLayout layout, Canvas canvas, WorkGuard guard)
      throws BrokenImageException {
    new CompressedPixels(directory, layout, canvas, guard).read();
  }

  private void read() throws BrokenImageException {
    StripCodec codec = new StripCodec(directory, layout, strips, rowBytes);
    long memory = rowBytes + codec.memory();
    guard.reserve(memory);
    try (StripReader reader = codec.reader(guard)) {
      byte[] row = new byte[rowBytes];
      for (int y = 0; y < layout.height(); ) {
        int height = Math.min(strips.tileHeight, layout.height() - y);
        for (int plane = 0; plane < planes; plane++) {
          RawMode rawMode =
              planes == 1 ? nativeRawMode() : RawMode.band(canvas.mode, plane, layout.bits());
          for (int x = 0; x < layout.width(); ) {
            int width = Math.min(strips.tileWidth, layout.width() - x);
            codec.open(reader, x, y, plane);
            int rows = strips.tiled ? strips.tileHeight : height;
            for (int i = 0; i < rows; i++) {
              guard.check();
              codec.readRows(reader, row, rowBytes);
              if (i < height) {
                rawMode.unpacker().unpack(row, 0, canvas.samples(), canvas.at(x, y + i), width);
              }
            }
            x += width;
          }
        }
        y += height;
      }
    } finally {
      guard.release(memory);
    }
    if (planes == 4 && canvas.mode == PillowMode.RGBA && premultiplied()) {
      Unpacker unpacker = Unpacker.premultiplied(4, 0, 1, 2, 3);
      byte[] samples = canvas.samples();
      for (int y = 0; y < layout.height(); y++) {
        guard.check();
        unpacker.unpack(samples, canvas.at(0, y), samples, canvas.at(0, y), layout.width());
      }
    }
  }

  /** Pillow's raw mode for what libtiff gives: high bits first, 16 bits in the machine's order. */
  private RawMode nativeRawMode() throws BrokenImageException {
    String name = layout.rawMode();
    if (layout.hasJpegColors()) {
      name = "RGB";
    }
    if (layout.fillOrder() == 2) {
      // The names of all raw modes for this order end in R.
      name = name.substring(0, name.length() - 1);
      name = name.endsWith(";") ? name.substring(0, name.length() - 1) : name;
    }
    if (name.endsWith(";16B")) {
      name = name.substring(0, name.length() - 1) + (name.startsWith("I") ? "" : "L");
    }
    RawMode rawMode = RawMode.named(name);
    if (rawMode == null) {
      throw new BrokenImageException("raw mode " + name + " is not supported compressed");
    }
    return rawMode;
  }

  /** Four planes without a word on the fourth are premultiplied to libtiff. */
  private boolean premultiplied() {
    TiffField extra = directory.findForLibtiff(EXTRA_SAMPLES);
    return extra == null || extra.number(0) == 0 || extra.number(0) == 1;
  }
}
