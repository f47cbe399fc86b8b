package dev.vl4j.engine.vision.decode;

import dev.vl4j.engine.limits.WorkGuard;

/** What sizes an image may have. */
public final class PixelLimit {
  private PixelLimit() {}

  /**
   * To be called as soon as a size is known, before memory is taken for it.
   *
   * @throws BrokenImageException if it has no pixels, or more than the guard allows
   */
  public static void check(long width, long height, WorkGuard guard) throws BrokenImageException {
    if (width < 1 || height < 1) {
      throw new BrokenImageException("it has no pixels (%d x %d)".formatted(width, height));
    }
    if (width > guard.maxPixels() / height) {
      throw new BrokenImageException(
          "%d x %d is %s pixels, more than %d"
              .formatted(width, height, Long.toUnsignedString(width * height), guard.maxPixels()));
    }
  }

  /**
   * Room for samples, reserved.
   *
   * @return {@code [height][width][channels]}, all zero
   * @throws BrokenImageException if they are more than an array can have
   */
  public static byte[] samples(int width, int height, int channels, WorkGuard guard)
      throws BrokenImageException {
    long samples = (long) channels * width * height;
    if (samples > Integer.MAX_VALUE - 8) {
      throw new BrokenImageException(
          "%d x %d pixels are more than can be held at once".formatted(width, height));
    }
    guard.reserve(samples);
    return new byte[(int) samples];
  }
}
