package dev.vl4j.engine.vision.tiff;

import static dev.vl4j.engine.vision.tiff.TiffTag.YCBCR_SUBSAMPLING;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads compressed YCbCr, as libtiff's RGBA interface does: blocks of some lumas that share their
 * chromas.
 */
final class YCbCrPixels {
  /** In both directions, where nothing else is said. */
  private static final int USUAL_SAMPLING = 2;

  private final TiffLayout layout;
  private final Canvas canvas;
  private final WorkGuard guard;
  private final StripTable strips;
  private final StripCodec codec;
  private final YCbCrColors colors;
  private final int across; // pixels of a block
  private final int down;
  private final int blockBytes;
  private final int blockRowBytes;
  private final int scanline; // what libtiff takes for the bytes of a row

  private YCbCrPixels(TiffDirectory directory, TiffLayout layout, Canvas canvas, WorkGuard guard)
      throws BrokenImageException {
    this.layout = layout;
    this.canvas = canvas;
    this.guard = guard;
    directory.checkForLibtiff();
    strips = new StripTable(directory, layout, guard);
    if (strips.samples != 3 || layout.samples() != 3 || layout.photometric() != TiffLayout.YCBCR) {
      throw new BrokenImageException(
          "YCbCr of %d samples a pixel is not supported".formatted(strips.samples));
    }
    colors = new YCbCrColors(directory);
    TiffField sampling = directory.findForLibtiff(YCBCR_SUBSAMPLING);
    across = sampling(sampling, 0);
    down = sampling(sampling, 1);
    switch (10 * across + down) {
      case 11, 12, 21, 22, 41, 42, 44 -> {}
      default ->
          throw new BrokenImageException(
              "YCbCr subsampling of %d x %d is not supported".formatted(across, down));
    }
    if (strips.separate && across * down != 1) {
      throw new BrokenImageException("subsampled YCbCr in separate planes is not supported");
    }
    if (strips.tiled && (strips.tileWidth % across != 0 || strips.tileHeight % down != 0)) {
      throw new BrokenImageException("its tiles do not hold whole blocks of YCbCr");
    }
    blockBytes = strips.separate ? 1 : across * down + 2;
    long bytes = (long) Math.ceilDiv(strips.tileWidth, across) * blockBytes;
    if (bytes * Math.ceilDiv(strips.tileHeight, down) > Integer.MAX_VALUE) {
      throw new BrokenImageException("its strips or tiles of YCbCr are too large");
    }
    blockRowBytes = (int) bytes;
    scanline = blockRowBytes / down;
    codec = new StripCodec(directory, layout, strips, scanline);
    if (codec.hasPredictor() && (scanline * down != blockRowBytes || (strips.tiled && down > 1))) {
      throw new BrokenImageException("a Predictor for its YCbCr subsampling is not supported");
    }
  }

  /** The factors that YCbCrSubSampling gives, four bits each, or 0 if there is none. */
  static int saidSampling(TiffDirectory directory) {
    TiffField field = directory.findForLibtiff(YCBCR_SUBSAMPLING);
    return field == null ? 0 : sampling(field, 0) << 4 | sampling(field, 1);
  }

  private static int sampling(@Nullable TiffField field, int index) {
    if (field == null || field.count() != 2 || !field.isIntegerForLibtiff()) {
      return USUAL_SAMPLING;
    }
    return Math.clamp(field.integer(index), 0, 9);
  }

  static void read(TiffDirectory directory, TiffLayout layout, Canvas canvas, WorkGuard guard)
      throws BrokenImageException {
    new YCbCrPixels(directory, layout, canvas, guard).read();
  }

  private void read() throws BrokenImageException {
    int planes = strips.separate ? 3 : 1;
    long memory = codec.memory() + blockRowBytes;
    guard.reserve(memory);
    try (StripReader reader = codec.reader(guard)) {
      byte[] blocks = new byte[blockRowBytes];
      for (int y = 0; y < layout.height(); ) {
        int height = Math.min(strips.tileHeight, layout.height() - y);
        for (int x = 0; x < layout.width(); ) {
          int width = Math.min(strips.tileWidth, layout.width() - x);
          for (int plane = 0; plane < planes; plane++) {
            codec.open(reader, x, y, plane);
            readTile(reader, blocks, plane, x, y, width, height);
          }
          x += width;
        }
        y += height;
      }
    } finally {
      guard.release(memory);
    }
  }

  private void readTile(
      StripReader reader, byte[] blocks, int plane, int x, int y, int width, int height)
      throws BrokenImageException {
    int blockRows = Math.ceilDiv(strips.tiled ? strips.tileHeight : height, down);
    // libtiff asks for so many bytes, though blocks may have some more: those are zeros then.
    long left =
        strips.tiled ? (long) blockRows * blockRowBytes : (long) blockRows * down * scanline;
    boolean broken = false;
    for (int row = 0; row < blockRows; row++) {
      guard.check();
      int bytes = (int) Math.min(blockRowBytes, left);
      left -= bytes;
      Arrays.fill(blocks, (byte) 0);
      broken = broken || !readRows(reader, blocks, bytes);
      int top = row * down;
      for (int dy = 0; dy < down && top + dy < height; dy++) {
        if (strips.separate) {
          keepPlane(blocks, plane, x, y + top + dy, width);
        } else {
          convert(blocks, dy, x, y + top + dy, width);
        }
      }
    }
  }

  /**
   * Reads blocks as far as they are sound. Here libtiff goes on with zeros where data breaks off.
   *
   * @return whether all of them are
   */
  private boolean readRows(StripReader reader, byte[] blocks, int bytes)
      throws BrokenImageException {
    try {
      codec.readRows(reader, blocks, bytes);
      return true;
    } catch (BrokenImageException e) {
      if (codec.hasPredictor()) {
        throw e; // It would leave differences, those of the rows before, too.
      }
      return false;
    }
  }

  private void convert(byte[] blocks, int dy, int x, int y, int width) throws BrokenImageException {
    byte[] samples = canvas.samples();
    int lumas = across * down;
    int to = canvas.at(x, y);
    for (int dx = 0; dx < width; dx++, to += 3) {
      int block = dx / across * blockBytes;
      byte luma = blocks[block + dy * across + dx % across];
      colors.convert(luma, blocks[block + lumas], blocks[block + lumas + 1], samples, to);
    }
  }

  /** The canvas keeps the planes of a tile until the last one is there. */
  private void keepPlane(byte[] row, int plane, int x, int y, int width)
      throws BrokenImageException {
    byte[] samples = canvas.samples();
    int to = canvas.at(x, y);
    for (int dx = 0; dx < width; dx++, to += 3) {
      samples[to + plane] = row[dx];
      if (plane == 2) {
        colors.convert(samples[to], samples[to + 1], samples[to + 2], samples, to);
      }
    }
  }
}
