package dev.vl4j.engine.vision.tiff;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.Arrays;

/** A line of a fax as a list of runs, white and black in turn, beginning with white. */
final class FaxLine {
  private final int pixels;
  private final int[] runs;
  private int count;

  private int a0; // pixels so far
  private int open; // of them in a run that is not in the list yet

  /**
   * @param pixels of a whole line
   * @param twoDimensional whether lines refer to those above them; libtiff gives these more room
   */
  FaxLine(int pixels, boolean twoDimensional) {
    this.pixels = pixels;
    this.runs = new int[(twoDimensional ? 2 : 1) * ((pixels + 1 + 31) & ~31)];
  }

  /** Begins anew. */
  void clear() {
    count = 0;
    a0 = 0;
    open = 0;
  }

  /** Becomes a white line, as there is above the first one. */
  void clearToWhite() {
    runs[0] = pixels;
    runs[1] = 0;
  }

  int count() {
    return count;
  }

  /** Pixels so far. */
  int length() {
    return a0;
  }

  boolean isWhole() {
    return a0 >= pixels;
  }

  /** Pixels of the run that has not ended yet. */
  int openRun() {
    return open;
  }

  boolean isFull() {
    return count >= runs.length;
  }

  int run(int index) throws BrokenImageException {
    if (index < 0 || index >= runs.length) {
      throw tooManyRuns();
    }
    return runs[index];
  }

  /** Adds pixels to the open run. */
  void extend(int more) {
    a0 += more;
    open += more;
  }

  /** Adds pixels to the open run, and the run to the list. */
  void endRun(int more) throws BrokenImageException {
    if (isFull()) {
      throw tooManyRuns();
    }
    runs[count++] = open + more;
    a0 += more;
    open = 0;
  }

  /**
   * Adds a run up to the line's end that does not count as pixels yet: libtiff's way to give up.
   */
  void endWithWhatIsMissing() throws BrokenImageException {
    if (isFull()) {
      throw tooManyRuns();
    }
    runs[count++] = pixels - a0;
  }

  /** Takes back a white and a black run of no pixels. */
  void dropEmptyPair() {
    if (runs[count - 1] == 0 && runs[count - 2] == 0) {
      count -= 2;
    }
  }

  /** Makes the runs fill the line: what goes past its end is cut, what is missing is white. */
  void finish() throws BrokenImageException {
    if (open != 0) {
      endRun(0);
    }
    while (a0 > pixels && count > 0) {
      a0 -= runs[--count];
    }
    if (a0 < pixels) {
      a0 = Math.max(a0, 0);
      if ((count & 1) != 0) {
        endRun(0);
      }
      endRun(pixels - a0);
    } else if (a0 > pixels) {
      endRun(pixels);
      endRun(0);
    }
  }

  /** Sets the bits of black runs in a row of zeros; runs are cut where the row ends. */
  void paint(byte[] row) {
    int x = 0;
    for (int i = 0; i < count; i++) {
      if (runs[i] < 0 || runs[i] > pixels - x) {
        runs[i] = pixels - x;
      }
      if ((i & 1) != 0) {
        blacken(row, x, x + runs[i]);
      }
      x += runs[i];
    }
    if ((count & 1) != 0 && !isFull()) {
      runs[count] = 0;
    }
  }

  private static void blacken(byte[] row, int from, int to) {
    int x = from;
    while (x < to) {
      if ((x & 7) == 0 && to - x >= 8) {
        int bytes = (to - x) >> 3;
        Arrays.fill(row, x >> 3, (x >> 3) + bytes, (byte) 0xff);
        x += 8 * bytes;
      } else {
        row[x >> 3] |= (byte) (0x80 >> (x & 7));
        x++;
      }
    }
  }

  private static BrokenImageException tooManyRuns() {
    return new BrokenImageException("its fax data is broken: a line has more runs than pixels");
  }
}
