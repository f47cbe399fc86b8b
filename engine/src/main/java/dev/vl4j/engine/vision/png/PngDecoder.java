package dev.vl4j.engine.vision.png;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.DecodedImage.Mode;
import dev.vl4j.engine.vision.decode.DecodedImage.Palette;
import dev.vl4j.engine.vision.decode.FormatDecoder;
import dev.vl4j.engine.vision.decode.ImagePixels;
import dev.vl4j.engine.vision.decode.PixelLimit;
import dev.vl4j.engine.vision.decode.StreamedImage;
import dev.vl4j.engine.vision.png.PngFile.Frame;
import java.util.Arrays;

/**
 * Decodes PNG to Pillow's samples. Lines are inflated one after another as they are asked for; an
 * interlaced image, whose lines come in seven passes, is decoded as a whole.
 */
public final class PngDecoder implements FormatDecoder {
  @Override
  public ImagePixels decode(byte[] file, WorkGuard guard) throws BrokenImageException {
    PngFile png = PngFile.read(file, guard);
    PixelLimit.check(png.width(), png.height(), guard);
    Mode mode = png.format().mode;
    if ((mode == Mode.L || mode == Mode.P) && png.text().contains("transparency")) {
      // Pillow looks here for a number, and stumbles over the text.
      throw new BrokenImageException("it has a text by the name transparency");
    }
    Frame frame = png.frame();
    int width = (int) png.width();
    int height = (int) png.height();
    return new StreamedImage(
        width,
        height,
        mode,
        mode == Mode.P ? palette(png) : null,
        png.transparency().color(),
        png.text().orientation(),
        () ->
            png.interlaced()
                ? ImagePixels.Rows.of(interlaced(file, png, width, height, frame, guard))
                : new LineRows(file, png, frame));
  }

  private static Palette palette(PngFile png) throws BrokenImageException {
    byte[] stored = png.palette() == null ? new byte[0] : png.palette();
    int entries = stored.length / 3;
    if (entries > 256) {
      throw new BrokenImageException("its palette has %d entries".formatted(entries));
    }
    // What is missing is black.
    byte[] colors = Arrays.copyOf(Arrays.copyOf(stored, 3 * entries), 3 * 256);
    return new Palette(colors, png.transparency().alpha());
  }

  private static byte[] interlaced(
      byte[] file, PngFile png, int width, int height, Frame frame, WorkGuard guard)
      throws BrokenImageException {
    byte[] samples = PixelLimit.samples(width, height, png.format().mode.channels, guard);
    try (ImageData data = new ImageData(file, png.segments())) {
      Adam7.read(data, png.format(), frame.width(), frame.height(), samples, width, guard);
      data.requireSoundEnd();
    }
    return samples;
  }

  /** Lines of an image that is not interlaced, around them nothing where they are of a frame. */
  private static final class LineRows implements ImagePixels.Rows {
    private final PngFormat format;
    private final Frame frame;
    private final ImageData data;
    private final Scanlines lines;
    private final int lineBytes;
    private int y;

    LineRows(byte[] file, PngFile png, Frame frame) {
      this.frame = frame;
      format = png.format();
      data = new ImageData(file, png.segments());
      lineBytes = format.rowBytes(frame.width());
      lines = new Scanlines(data, format.filterDistance(), lineBytes);
    }

    @Override
    public void next(byte[] row) throws BrokenImageException {
      int line = y++ - frame.top();
      boolean covered = line >= 0 && line < frame.height() && lines.hasMore();
      if (!covered || frame.width() * format.mode.channels < row.length) {
        Arrays.fill(row, (byte) 0);
      }
      if (covered) {
        byte[] bytes = lines.next(lineBytes);
        format.unpack(bytes, 1, frame.width(), row, frame.left() * format.mode.channels);
        if (line == frame.height() - 1 || !lines.hasMore()) {
          data.requireSoundEnd();
        }
      }
    }

    @Override
    public void close() {
      data.close();
    }
  }
}
