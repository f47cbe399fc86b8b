package dev.vl4j.engine.vision.tiff;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.PixelLimit;

/** Pillow's conversion from CMYK to RGB. */
final class CmykColors {
  private CmykColors() {}

  /**
   * Converts a canvas, whose samples are given back to the guard.
   *
   * @return {@code [height][width][3]}, reserved
   */
  static byte[] toRgb(Canvas canvas, WorkGuard guard) throws BrokenImageException {
    byte[] in = canvas.samples();
    byte[] out = PixelLimit.samples(canvas.width(), canvas.height(), 3, guard);
    int to = 0;
    for (int y = 0; y < canvas.height(); y++) {
      guard.check();
      int from = canvas.at(0, y);
      for (int x = 0; x < canvas.width(); x++, from += 4) {
        int light = 255 - (in[from + 3] & 0xff);
        for (int c = 0; c < 3; c++) {
          out[to++] = (byte) Math.clamp(light - divide255((in[from + c] & 0xff) * light), 0, 255);
        }
      }
    }
    guard.release(in.length);
    return out;
  }

  /** Pillow's {@code MULDIV255}: a division by 255, rounded. */
  private static int divide255(int product) {
    int biased = product + 128;
    return ((biased >> 8) + biased) >> 8;
  }
}
