package dev.vl4j.engine.vision.tiff;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.PixelLimit;

/**
 * The pixels of an image while strips and tiles are put into it. What none of them covers is zero,
 * as with Pillow.
 *
 * @param samples {@code [height][width][mode.channels]}
 */
@SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
record Canvas(int width, int height, PillowMode mode, byte[] samples) {
  static Canvas reserve(int width, int height, PillowMode mode, WorkGuard guard)
      throws BrokenImageException {
    return new Canvas(width, height, mode, PixelLimit.samples(width, height, mode.channels, guard));
  }

  /** Where a pixel's samples begin. */
  int at(int x, int y) {
    return (y * width + x) * mode.channels;
  }
}
