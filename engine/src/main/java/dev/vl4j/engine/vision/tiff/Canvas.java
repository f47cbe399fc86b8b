package dev.vl4j.engine.vision.tiff;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.PixelLimit;

/**
 * The pixels of an image while strips and tiles are put into it. What none of them covers is zero,
 * as with Pillow.
 */
final class Canvas {
  final int width;
  final int height;
  final PillowMode mode;
  private final WorkGuard guard;
  private byte[] samples = new byte[0];

  Canvas(int width, int height, PillowMode mode, WorkGuard guard) {
    this.width = width;
    this.height = height;
    this.mode = mode;
    this.guard = guard;
  }

  /**
   * {@code [height][width][mode.channels]}. They take memory, which is reserved, from the first
   * call on, so that a file without a sound row takes none.
   *
   * @throws BrokenImageException if they are more than an array can have
   */
  byte[] samples() throws BrokenImageException {
    if (samples.length == 0) {
      samples = PixelLimit.samples(width, height, mode.channels, guard);
    }
    return samples;
  }

  /** Where a pixel's samples begin. */
  int at(int x, int y) {
    return (y * width + x) * mode.channels;
  }
}
