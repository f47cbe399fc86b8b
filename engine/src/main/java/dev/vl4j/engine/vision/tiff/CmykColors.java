package dev.vl4j.engine.vision.tiff;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.ColorRules;
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
    byte[] out = PixelLimit.samples(canvas.width, canvas.height, 3, guard);
    int to = 0;
    for (int y = 0; y < canvas.height; y++) {
      guard.check();
      int from = canvas.at(0, y);
      for (int x = 0; x < canvas.width; x++, from += 4) {
        int light = 255 - (in[from + 3] & 0xff);
        for (int c = 0; c < 3; c++) {
          out[to++] = (byte) ColorRules.cmykToRgb(in[from + c] & 0xff, light);
        }
      }
    }
    guard.release(in.length);
    return out;
  }
}
