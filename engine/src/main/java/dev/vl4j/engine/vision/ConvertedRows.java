package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.ColorRules;
import dev.vl4j.engine.vision.decode.ImagePixels;
import dev.vl4j.engine.vision.decode.PixelLimit;
import java.util.Arrays;

/** A decoder's rows in RGB or gray. */
final class ConvertedRows implements PixelRows, AutoCloseable {
  private final int width;
  private final int height;
  private final ColorRules colors;
  private final ImagePixels.Rows rows;
  private byte[] current; // [width][mode.channels]
  private byte[] previous;
  private boolean begun;

  /**
   * @throws BrokenImageException if the image cannot be converted by these rules, or decoded
   */
  ConvertedRows(ImagePixels pixels, ImageRules rules, WorkGuard guard) throws BrokenImageException {
    width = pixels.width();
    height = pixels.height();
    colors = new ColorRules(pixels, rules);
    current = PixelLimit.samples(width, 1, pixels.mode().channels, guard);
    previous = PixelLimit.samples(width, 1, pixels.mode().channels, guard);
    rows = pixels.rows();
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public int height() {
    return height;
  }

  @Override
  public int channels() {
    return colors.channels();
  }

  @Override
  public boolean next(byte[] row) throws BrokenImageException {
    byte[] last = current;
    current = previous;
    previous = last;
    rows.next(current);
    if (begun && Arrays.equals(current, previous)) {
      return false;
    }
    begun = true;
    colors.convert(/* row= */ current, /* out= */ row);
    return true;
  }

  @Override
  public void close() {
    rows.close();
  }
}
