package dev.vl4j.engine.vision;

import dev.vl4j.engine.vision.decode.BrokenImageException;
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
