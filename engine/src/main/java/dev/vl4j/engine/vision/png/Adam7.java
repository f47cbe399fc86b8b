package dev.vl4j.engine.vision.png;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;

/** The seven passes of interlaced images. */
final class Adam7 {
  private static final int[] LEFT = {0, 4, 0, 2, 0, 1, 0};
  private static final int[] TOP = {0, 0, 4, 0, 2, 0, 1};
  private static final int[] RIGHT_STEP = {8, 8, 4, 4, 2, 2, 1};
  private static final int[] DOWN_STEP = {8, 8, 8, 4, 4, 2, 2};

  private Adam7() {}

  /**
   * Reads all passes, or those that there are where the data end with a line.
   *
   * @param width of what is read, in pixels
   * @param height likewise
   * @param samples gets the pixels at the top left
   * @param imageWidth pixels of a row of {@code samples}
   */
  static void read(
      ImageData data,
      PngFormat format,
      int width,
      int height,
      byte[] samples,
      int imageWidth,
      WorkGuard guard)
      throws BrokenImageException {
    int channels = format.mode.channels;
    Scanlines lines = new Scanlines(data, format.filterDistance(), format.rowBytes(width));
    byte[] row = new byte[width * channels];
    for (int pass = 0; pass < LEFT.length; pass++) {
      int passWidth = (width - LEFT[pass] + RIGHT_STEP[pass] - 1) / RIGHT_STEP[pass];
      if (passWidth <= 0) {
        continue;
      }
      lines.beginPass();
      for (int y = TOP[pass]; y < height; y += DOWN_STEP[pass]) {
        if (!lines.hasMore()) {
          return;
        }
        guard.check();
        byte[] line = lines.next(format.rowBytes(passWidth));
        format.unpack(line, 1, passWidth, row, 0);
        int to = (y * imageWidth + LEFT[pass]) * channels;
        for (int from = 0; from < passWidth * channels; from += channels) {
          System.arraycopy(row, from, samples, to, channels);
          to += RIGHT_STEP[pass] * channels;
        }
      }
    }
  }
}
