package dev.vl4j.engine.vision.gif;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.DecodedImage.Mode;
import dev.vl4j.engine.vision.decode.DecodedImage.Palette;
import dev.vl4j.engine.vision.decode.ExifOrientation;
import dev.vl4j.engine.vision.decode.FormatDecoder;
import dev.vl4j.engine.vision.decode.ImagePixels;
import dev.vl4j.engine.vision.decode.PixelLimit;
import dev.vl4j.engine.vision.decode.StreamedImage;
import java.util.Arrays;

/**
 * Decodes the first frame of a GIF on its logical screen. The screen around the frame has the
 * transparent index, or the first one.
 */
public final class GifDecoder implements FormatDecoder {
  @Override
  public ImagePixels decode(byte[] file, WorkGuard guard) throws BrokenImageException {
    GifFile gif = GifFile.read(file, guard);
    PixelLimit.check(gif.width(), gif.height(), guard);
    if (gif.frameWidth() == 0 || gif.frameHeight() == 0) {
      throw new BrokenImageException(
          "its first frame has no pixels (%d x %d)".formatted(gif.frameWidth(), gif.frameHeight()));
    }
    byte[] colors = gif.palette();
    int transparent = gif.transparent();
    return new StreamedImage(
        gif.width(),
        gif.height(),
        colors == null ? Mode.L : Mode.P,
        colors == null ? null : palette(colors, transparent),
        colors != null || transparent < 0 ? null : new int[] {transparent},
        ExifOrientation.UPRIGHT,
        () -> new ScreenRows(file, gif, guard));
  }

  private static Palette palette(byte[] colors, int transparent) {
    byte[] rgb = Arrays.copyOf(Arrays.copyOf(colors, colors.length / 3 * 3), 3 * 256);
    if (transparent < 0) {
      return new Palette(rgb, null);
    }
    byte[] alpha = new byte[transparent + 1];
    Arrays.fill(alpha, (byte) 255);
    alpha[transparent] = 0;
    return new Palette(rgb, alpha);
  }

  /** Rows of the screen. */
  private static final class ScreenRows implements ImagePixels.Rows {
    private static final int[] PASS_TOP = {0, 4, 2, 1};
    private static final int[] PASS_STEP = {8, 8, 4, 2};

    private final GifFile gif;
    private final LzwReader samples;
    private final byte[] interlaced; // [frameHeight][frameWidth], or empty
    private int y;

    ScreenRows(byte[] file, GifFile gif, WorkGuard guard) throws BrokenImageException {
      this.gif = gif;
      samples = new LzwReader(file, gif.imageData(), gif.codeBits());
      interlaced = gif.interlaced() ? readPasses(guard) : new byte[0];
    }

    private byte[] readPasses(WorkGuard guard) throws BrokenImageException {
      int width = gif.frameWidth();
      byte[] frame = PixelLimit.samples(width, gif.frameHeight(), 1, guard);
      for (int pass = 0; pass < PASS_TOP.length; pass++) {
        for (int line = PASS_TOP[pass]; line < gif.frameHeight(); line += PASS_STEP[pass]) {
          guard.check();
          samples.read(frame, line * width, width);
        }
      }
      return frame;
    }

    @Override
    public void next(byte[] row) throws BrokenImageException {
      int line = y++ - gif.top();
      boolean covered = line >= 0 && line < gif.frameHeight();
      if (!covered || gif.frameWidth() < row.length) {
        Arrays.fill(row, (byte) Math.max(gif.transparent(), 0));
      }
      if (covered && gif.interlaced()) {
        System.arraycopy(interlaced, line * gif.frameWidth(), row, gif.left(), gif.frameWidth());
      } else if (covered) {
        samples.read(row, gif.left(), gif.frameWidth());
      }
    }
  }
}
