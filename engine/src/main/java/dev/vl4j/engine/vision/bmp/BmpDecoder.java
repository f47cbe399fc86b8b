package dev.vl4j.engine.vision.bmp;

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

/** Decodes BMP of all kinds of headers that Pillow reads. */
public final class BmpDecoder implements FormatDecoder {
  @Override
  public ImagePixels decode(byte[] file, WorkGuard guard) throws BrokenImageException {
    BmpHeader header = BmpHeader.read(file);
    PixelLimit.check(header.width(), header.height(), guard);
    byte[] colors = header.palette();
    return new StreamedImage(
        (int) header.width(),
        (int) header.height(),
        header.layout().mode(),
        colors == null ? null : new Palette(Arrays.copyOf(colors, 3 * 256), null),
        null,
        ExifOrientation.UPRIGHT,
        () -> header.runLengths() > 0 ? runs(file, header, guard) : plain(file, header));
  }

  private static ImagePixels.Rows plain(byte[] file, BmpHeader header) throws BrokenImageException {
    BmpLayout layout = header.layout();
    long rowBytes = layout.rowBytes(header.width());
    if (rowBytes > header.stride()) {
      throw new BrokenImageException("its rows are shorter than their pixels");
    }
    if (header.pixels() + header.stride() * (header.height() - 1) + rowBytes > file.length) {
      throw new BrokenImageException("it is truncated: its pixels are not all there");
    }
    return new ImagePixels.Rows() {
      private int y;

      @Override
      public void next(byte[] row) {
        long line = header.topDown() ? y : header.height() - 1 - y;
        layout.unpack(file, (int) (header.pixels() + line * header.stride()), row);
        y++;
      }
    };
  }

  private static ImagePixels.Rows runs(byte[] file, BmpHeader header, WorkGuard guard)
      throws BrokenImageException {
    BmpLayout layout = header.layout();
    if (layout.mode() != Mode.P && layout != BmpLayout.GRAY) {
      throw new BrokenImageException("run lengths are of samples in a palette, and it has none");
    }
    int width = (int) header.width();
    int height = (int) header.height();
    byte[] samples = PixelLimit.samples(width, height, 1, guard);
    int start = (int) Math.min(header.pixels(), file.length);
    RunLengths.read(file, start, header.runLengths(), width, samples, guard);
    return new ImagePixels.Rows() {
      private int y;

      @Override
      public void next(byte[] row) {
        int line = header.topDown() ? y : height - 1 - y;
        System.arraycopy(samples, line * width, row, 0, width);
        y++;
      }
    };
  }
}
