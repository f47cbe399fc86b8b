package dev.vl4j.engine.vision;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.PixelLimit;
import java.util.Arrays;

/** Rows of an image in RGB, or of one that is gray throughout, from top to bottom. */
interface PixelRows {
  /** In pixels. */
  int width();

  /** In pixels. */
  int height();

  /** 3 for red, green and blue, or 1 where all three are equal. */
  int channels();

  /**
   * Puts the next row, {@code [width][channels]}, into an array that has the one before it, or
   * leaves the array alone where the two are equal.
   *
   * @return whether they differ; true for the first row
   */
  boolean next(byte[] row) throws BrokenImageException;

  /**
   * The image of rows of which none was taken. Its samples stay reserved in the guard.
   *
   * @throws BrokenImageException if the rows end in one
   */
  default RgbImage whole(WorkGuard guard) throws BrokenImageException {
    byte[] samples = PixelLimit.samples(width(), height(), RgbImage.CHANNELS, guard);
    int length = channels() * width();
    guard.reserve(length);
    byte[] row = new byte[length];
    for (int y = 0; y < height(); y++) {
      guard.check();
      next(row);
      put(row, channels(), samples, y * width() * RgbImage.CHANNELS);
    }
    guard.release(length);
    return new RgbImage(width(), height(), samples);
  }

  /** Puts a row, {@code [width][channels]}, into samples in RGB, from {@code start} on. */
  static void put(byte[] row, int channels, byte[] samples, int start) {
    if (channels == RgbImage.CHANNELS) {
      System.arraycopy(row, 0, samples, start, row.length);
      return;
    }
    int to = start;
    for (byte level : row) {
      samples[to] = level;
      samples[to + 1] = level;
      samples[to + 2] = level;
      to += RgbImage.CHANNELS;
    }
  }

  /** The rows of an image in memory. */
  static PixelRows of(RgbImage image) {
    return new PixelRows() {
      private int at;

      @Override
      public int width() {
        return image.width();
      }

      @Override
      public int height() {
        return image.height();
      }

      @Override
      public int channels() {
        return RgbImage.CHANNELS;
      }

      @Override
      public boolean next(byte[] row) {
        byte[] samples = image.samples();
        int end = at + row.length;
        boolean differs = at == 0 || !Arrays.equals(samples, at, end, row, 0, row.length);
        if (differs) {
          System.arraycopy(samples, at, row, 0, row.length);
        }
        at = end;
        return differs;
      }
    };
  }
}
