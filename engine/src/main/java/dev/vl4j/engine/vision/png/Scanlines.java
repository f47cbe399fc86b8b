package dev.vl4j.engine.vision.png;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.Arrays;

/** Scanlines of one image, or of one pass of an interlaced image, with their filters undone. */
final class Scanlines {
  private final ImageData data;
  private final int filterDistance;
  private byte[] line; // [1 + bytes]: the kind of filter comes first
  private byte[] previous;
  private boolean more = true;

  /**
   * @param longest bytes of the longest line
   */
  Scanlines(ImageData data, int filterDistance, int longest) {
    this.data = data;
    this.filterDistance = filterDistance;
    line = new byte[longest + 1];
    previous = new byte[longest + 1];
  }

  /** Whether any line is left. */
  boolean hasMore() {
    return more;
  }

  /** Begins a pass: its first line has none above it. */
  void beginPass() {
    Arrays.fill(line, (byte) 0);
  }

  /**
   * The next line.
   *
   * @param bytes how long it is
   * @return an array that has it from index 1 on, until the next call
   */
  byte[] next(int bytes) throws BrokenImageException {
    byte[] above = line;
    line = previous;
    previous = above;
    more = data.read(line, bytes + 1);
    switch (line[0]) {
      case 0 -> {}
      case 1 -> left(bytes);
      case 2 -> up(bytes);
      case 3 -> average(bytes);
      case 4 -> paeth(bytes);
      default ->
          throw new BrokenImageException(
              "the image data are broken: there is no filter " + (line[0] & 0xff));
    }
    return line;
  }

  private void left(int bytes) {
    for (int i = filterDistance + 1; i <= bytes; i++) {
      line[i] += line[i - filterDistance];
    }
  }

  private void up(int bytes) {
    byte[] target = line;
    byte[] above = previous;
    for (int i = 1; i <= bytes; i++) {
      target[i] += above[i];
    }
  }

  private void average(int bytes) {
    for (int i = 1; i <= Math.min(filterDistance, bytes); i++) {
      line[i] += (byte) ((previous[i] & 0xff) / 2);
    }
    for (int i = filterDistance + 1; i <= bytes; i++) {
      line[i] += (byte) (((line[i - filterDistance] & 0xff) + (previous[i] & 0xff)) / 2);
    }
  }

  private void paeth(int bytes) {
    for (int i = 1; i <= Math.min(filterDistance, bytes); i++) {
      line[i] += previous[i];
    }
    for (int i = filterDistance + 1; i <= bytes; i++) {
      int a = line[i - filterDistance] & 0xff;
      int b = previous[i] & 0xff;
      int c = previous[i - filterDistance] & 0xff;
      int toA = Math.abs(b - c);
      int toB = Math.abs(a - c);
      int toC = Math.abs(a + b - 2 * c);
      int nearest = toA <= toB && toA <= toC ? a : toB <= toC ? b : c;
      line[i] += (byte) nearest;
    }
  }
}
