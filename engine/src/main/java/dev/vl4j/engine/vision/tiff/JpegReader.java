package dev.vl4j.engine.vision.tiff;

import dev.vl4j.engine.limits.Reservations;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.ImagePixels;
import dev.vl4j.engine.vision.jpeg.JpegDecoder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** JPEG compression: each strip or tile is an image of its own, whose tables may lie elsewhere. */
final class JpegReader implements StripReader {
  private final byte[] tables;
  private final boolean ycbcr;
  private final int components;
  private final int width; // of a strip or tile
  private final WorkGuard guard;

  private @Nullable Reservations reservations; // of the strip that is open
  private ImagePixels.@Nullable Rows rows;
  private byte[] row = new byte[0];
  private int rowsLeft;
  private int sampling; // of the first component, as JpegStream has it

  /**
   * @param tables the value of JPEGTables, or nothing
   * @param ycbcr whether colours are to be converted; else samples stay as they are
   * @param sampling factors of the first component, or 0 if they are those of the first strip
   * @param components 1 or 3
   * @param width of a strip or tile
   */
  JpegReader(
      byte[] tables, boolean ycbcr, int sampling, int components, int width, WorkGuard guard) {
    this.tables = tables;
    this.ycbcr = ycbcr;
    this.sampling = sampling;
    this.components = components;
    this.width = width;
    this.guard = guard;
  }

  @Override
  public void open(byte[] bytes, int from, int length, int mostRows) throws BrokenImageException {
    close();
    Reservations reserved = new Reservations(guard);
    reservations = reserved;
    reserved.reserve((long) tables.length + length);
    JpegStream stream = new JpegStream(tables, bytes, from, length);
    checkFrame(stream, mostRows);
    ImagePixels image = JpegDecoder.ofPart().decode(stream.whole(ycbcr), reserved);
    rows = image.rows();
    row = new byte[image.width() * image.mode().channels];
    rowsLeft = image.height();
  }

  private void checkFrame(JpegStream stream, int mostRows) throws BrokenImageException {
    if (stream.components() != components) {
      throw new BrokenImageException(
          "its JPEG strips have %d components for %d samples"
              .formatted(stream.components(), components));
    }
    if (stream.width() > width || stream.height() > mostRows) {
      throw new BrokenImageException(
          "a JPEG of %d x %d pixels is larger than its strip or tile"
              .formatted(stream.width(), stream.height()));
    }
    if (sampling == 0) {
      sampling = stream.sampling(0);
    }
    for (int i = 0; i < components; i++) {
      if (stream.sampling(i) != (i == 0 ? sampling : JpegStream.NOT_SUBSAMPLED)) {
        throw new BrokenImageException("the sampling factors of its JPEG strips do not fit");
      }
    }
  }

  @Override
  public void readRow(byte[] out, int length) throws BrokenImageException {
    int filled = 0;
    ImagePixels.Rows open = rows;
    if (open != null && rowsLeft > 0) {
      open.next(row);
      rowsLeft--;
      filled = Math.min(row.length, length);
      System.arraycopy(row, 0, out, 0, filled);
    }
    // An image that is smaller than its strip leaves zeros.
    Arrays.fill(out, filled, length, (byte) 0);
  }

  @Override
  public void close() {
    if (rows != null) {
      rows.close();
      rows = null;
    }
    if (reservations != null) {
      reservations.close();
      reservations = null;
    }
  }
}
