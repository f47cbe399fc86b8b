package dev.vl4j.engine.vision;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.PixelLimit;
import java.util.Arrays;

/**
 * Bicubic resampling with the bits of Pillow's {@code Image.resize(size, BICUBIC)}.
 *
 * <p>After Pillow's {@code Resample.c}: weighted sums in 22-bit fixed point along one axis, rounded
 * to bytes, then along the other one. An axis that keeps its size is not touched. Columns are mixed
 * first, unless the image is higher than a hundred times its width and becomes lower.
 *
 * <p>Rows are taken one after another, and only those are held that the next row of the result is
 * made of. A row that equals the one before it costs next to nothing.
 */
public final class PillowResize {
  private static final int TALL = 100;

  private final PixelRows source;
  private final BicubicWindows across;
  private final BicubicWindows down;
  private final int channels;
  private final boolean isSameWidth;
  private final boolean isSameHeight;
  private final boolean tallFirst;
  private final WorkGuard guard;
  private final long working; // bytes of rows and sums

  private final byte[] taken; // the source's row
  private final int[] sums;
  private byte[] prepared = new byte[0]; // the row as it goes into the vertical pass

  private PillowResize(PixelRows source, int width, int height, WorkGuard guard) {
    this.source = source;
    this.guard = guard;
    channels = source.channels();
    across = BicubicWindows.of(source.width(), width);
    down = BicubicWindows.of(source.height(), height);
    isSameWidth = source.width() == width;
    isSameHeight = source.height() == height;
    tallFirst = source.height() > TALL * (long) source.width() && height < source.height();
    int mixedSamples = channels * (tallFirst ? source.width() : width);
    int takenSamples = channels * source.width();
    working = takenSamples + (down.stride + 2L + Integer.BYTES) * mixedSamples;
    guard.reserve(working);
    taken = new byte[takenSamples];
    sums = new int[mixedSamples];
  }

  /** Resizes to {@code width x height} pixels; the same object if that is its size already. */
  public static RgbImage bicubic(RgbImage image, int width, int height) {
    if (width == image.width() && height == image.height()) {
      return image;
    }
    try {
      return bicubic(PixelRows.of(image), width, height, WorkGuard.UNBOUNDED);
    } catch (BrokenImageException e) {
      throw new IllegalStateException("an image in memory is whole", e);
    }
  }

  /**
   * Resizes to {@code width x height} pixels. The samples of the result stay reserved in the guard.
   *
   * @throws BrokenImageException if the rows end in one
   */
  static RgbImage bicubic(PixelRows source, int width, int height, WorkGuard guard)
      throws BrokenImageException {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException("cannot resize to " + width + " x " + height + " pixels");
    }
    return width == source.width() && height == source.height()
        ? source.whole(guard)
        : new PillowResize(source, width, height, guard).resized();
  }

  private RgbImage resized() throws BrokenImageException {
    int width = across.count();
    int height = down.count();
    byte[] result = PixelLimit.samples(width, height, RgbImage.CHANNELS, guard);
    byte[][] held = new byte[down.stride][];
    byte[] mixed = new byte[sums.length];
    byte[] row = new byte[width * channels];
    int read = 0;
    for (int y = 0; y < height; y++) {
      while (read < down.first[y] + down.length[y]) {
        held[read++ % held.length] = prepare();
      }
      if (isSameHeight) { // its only weight is 1
        System.arraycopy(held[y % held.length], 0, mixed, 0, mixed.length);
      } else {
        mixRows(held, y, mixed);
      }
      if (tallFirst) {
        across.mixColumns(mixed, channels, row);
      }
      PixelRows.put(tallFirst ? row : mixed, channels, result, y * width * RgbImage.CHANNELS);
    }
    while (read++ < source.height()) {
      prepare(); // only its last row shows whether a file is sound
    }
    guard.release(working);
    return new RgbImage(width, height, result);
  }

  /** The next row of the source; the same array as before for the same row. */
  private byte[] prepare() throws BrokenImageException {
    guard.check();
    if (source.next(taken)) {
      prepared = new byte[sums.length];
      if (tallFirst || isSameWidth) {
        System.arraycopy(taken, 0, prepared, 0, taken.length);
      } else {
        across.mixColumns(taken, channels, prepared);
      }
    }
    return prepared;
  }

  @SuppressWarnings("ReferenceEquality") // rows that are equal are the same array
  private void mixRows(byte[][] held, int y, byte[] out) {
    Arrays.fill(sums, BicubicWindows.HALF);
    int first = down.first[y];
    int weights = y * down.stride;
    int k = 0;
    while (k < down.length[y]) {
      byte[] row = held[(first + k) % held.length];
      int weight = 0;
      do { // equal rows count once, with all their weights
        weight += down.weights[weights + k++];
      } while (k < down.length[y] && held[(first + k) % held.length] == row);
      addRow(row, weight);
    }
    for (int i = 0; i < out.length; i++) {
      out[i] = BicubicWindows.clip(sums[i]);
    }
  }

  private void addRow(byte[] row, int weight) {
    int[] into = sums;
    for (int i = 0; i < into.length; i++) {
      into[i] += (row[i] & 0xff) * weight;
    }
  }
}
