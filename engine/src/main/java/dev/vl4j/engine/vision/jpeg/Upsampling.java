package dev.vl4j.engine.vision.jpeg;

import dev.vl4j.engine.vision.decode.BrokenImageException;

/**
 * Brings one component's rows to the size of the image. Where the factor is 2 in a direction that
 * libjpeg-turbo has a "fancy" method for, a sample is made of the nearest one and, to a quarter,
 * the next; other factors repeat samples.
 */
final class Upsampling {
  private enum Method {
    NONE,
    REPEAT,
    BLEND_ACROSS,
    BLEND_DOWN,
    BLEND_BOTH
  }

  private final Component component;
  private final int width;
  private final int across;
  private final int down;
  private final Method method;
  private final byte[] out;

  /** Where the latest row is, and where it begins there. */
  byte[] row;

  int offset;

  /**
   * @throws BrokenImageException if the component's sampling factors do not divide the largest
   */
  Upsampling(Component component, Frame frame) throws BrokenImageException {
    if (frame.maxHorizontal % component.horizontal != 0
        || frame.maxVertical % component.vertical != 0) {
      throw new BrokenImageException(
          "a component sampled %d x %d of %d x %d would be enlarged by a fraction, which libjpeg"
                  .formatted(
                      component.horizontal,
                      component.vertical,
                      frame.maxHorizontal,
                      frame.maxVertical)
              + " does not do");
    }
    this.component = component;
    this.width = frame.width;
    this.across = frame.maxHorizontal / component.horizontal;
    this.down = frame.maxVertical / component.vertical;
    this.method = method(frame.lossless());
    this.out = method == Method.NONE ? new byte[0] : new byte[frame.width + across];
    this.row = out;
  }

  private Method method(boolean lossless) {
    if (across == 1 && down == 1) {
      return Method.NONE;
    }
    boolean blend = !lossless;
    boolean wide = component.samplesWide > 2;
    if (blend && across == 2 && down == 1 && wide) {
      return Method.BLEND_ACROSS;
    }
    if (blend && across == 1 && down == 2) {
      return Method.BLEND_DOWN;
    }
    if (blend && across == 2 && down == 2 && wide) {
      return Method.BLEND_BOTH;
    }
    return Method.REPEAT;
  }

  /** Sets {@link #row} and {@link #offset} to a row of the image. */
  void select(int y) {
    int from = y / down * component.stride;
    if (method == Method.NONE) {
      row = component.plane;
      offset = from;
      return;
    }
    int nearest = y / down;
    int next = Math.clamp(y % down == 0 ? nearest - 1 : nearest + 1, 0, component.samplesHigh - 1);
    int nextFrom = next * component.stride;
    switch (method) {
      case NONE -> throw new AssertionError("handled above");
      case REPEAT -> repeat(from);
      case BLEND_ACROSS -> blendAcross(from);
      case BLEND_DOWN -> blendDown(from, nextFrom, y % 2 == 0 ? 1 : 2);
      case BLEND_BOTH -> blendBoth(from, nextFrom);
    }
    row = out;
    offset = 0;
  }

  private void repeat(int from) {
    byte[] plane = component.plane;
    for (int x = 0, to = 0; to < width; x++) {
      byte sample = plane[from + x];
      for (int i = 0; i < across; i++) {
        out[to++] = sample;
      }
    }
  }

  private void blendAcross(int from) {
    byte[] plane = component.plane;
    int last = component.samplesWide - 1;
    int before = plane[from] & 0xff;
    int current = before;
    for (int x = 0, to = 0; x <= last; x++, to += 2) {
      int after = plane[from + Math.min(x + 1, last)] & 0xff;
      out[to] = (byte) ((3 * current + before + 1) >> 2);
      out[to + 1] = (byte) ((3 * current + after + 2) >> 2);
      before = current;
      current = after;
    }
  }

  private void blendDown(int from, int nextFrom, int bias) {
    byte[] plane = component.plane;
    for (int x = 0; x < width; x++) {
      out[x] = (byte) ((3 * (plane[from + x] & 0xff) + (plane[nextFrom + x] & 0xff) + bias) >> 2);
    }
  }

  private void blendBoth(int from, int nextFrom) {
    byte[] plane = component.plane;
    int last = component.samplesWide - 1;
    int before = 3 * (plane[from] & 0xff) + (plane[nextFrom] & 0xff);
    int current = before;
    for (int x = 0, to = 0; x <= last; x++, to += 2) {
      int right = Math.min(x + 1, last);
      int after = 3 * (plane[from + right] & 0xff) + (plane[nextFrom + right] & 0xff);
      out[to] = (byte) ((3 * current + before + 8) >> 4);
      out[to + 1] = (byte) ((3 * current + after + 7) >> 4);
      before = current;
      current = after;
    }
  }
}
