package dev.vl4j.engine.vision.webp;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.DecodedImage;
import dev.vl4j.engine.vision.decode.DecodedImage.Mode;
import dev.vl4j.engine.vision.decode.ExifOrientation;
import dev.vl4j.engine.vision.decode.FormatDecoder;
import dev.vl4j.engine.vision.decode.PixelLimit;

/**
 * Decodes WebP through libwebp, as Pillow does; there is no exact decoder in Java. Of an animation
 * the first frame counts, on a canvas that is transparent black around it, whatever its background
 * colour.
 */
public final class WebpDecoder implements FormatDecoder {
  /** What libwebp itself takes for a pixel of VP8L, and at most for one of VP8. */
  private static final int NATIVE_BYTES = 4;

  /** Whether a file begins as a WebP file does. */
  public static boolean isWebp(byte[] file) {
    return WebpContainer.hasHeader(file);
  }

  @Override
  public DecodedImage decode(byte[] file, WorkGuard guard) throws BrokenImageException {
    WebpContainer container = WebpContainer.read(file, guard);
    WebpFrame frame = container.firstFrame();
    int width = container.width();
    int height = container.height();
    PixelLimit.check(width, height, guard);
    Mode mode = container.alpha() ? Mode.RGBA : Mode.RGB;
    byte[] samples = PixelLimit.samples(width, height, mode.channels, guard);
    long decoding = (long) frame.width() * frame.height() * (Integer.BYTES + NATIVE_BYTES);
    guard.reserve(decoding);
    int[] pixels = Libwebp.decode(file, frame);
    for (int y = 0; y < frame.height(); y++) {
      guard.check();
      int to = ((frame.y() + y) * width + frame.x()) * mode.channels;
      putRow(pixels, y * frame.width(), frame.width(), samples, to, mode);
    }
    guard.release(decoding);
    int orientation = ExifOrientation.of(container.exif(), container.xmp());
    return new DecodedImage(width, height, mode, samples, null, null, orientation);
  }

  private static void putRow(
      int[] pixels, int from, int count, byte[] samples, int start, Mode mode) {
    int to = start;
    for (int x = 0; x < count; x++, to += mode.channels) {
      int pixel = pixels[from + x];
      samples[to] = (byte) (pixel >> 16);
      samples[to + 1] = (byte) (pixel >> 8);
      samples[to + 2] = (byte) pixel;
      if (mode == Mode.RGBA) {
        samples[to + 3] = (byte) (pixel >> 24);
      }
    }
  }
}
