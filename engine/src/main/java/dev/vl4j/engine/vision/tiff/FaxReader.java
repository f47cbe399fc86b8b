package dev.vl4j.engine.vision.tiff;

import static dev.vl4j.engine.vision.tiff.FaxCodes.BLACK;
import static dev.vl4j.engine.vision.tiff.FaxCodes.BLACK_BITS;
import static dev.vl4j.engine.vision.tiff.FaxCodes.END_OF_LINE;
import static dev.vl4j.engine.vision.tiff.FaxCodes.EXTENSION;
import static dev.vl4j.engine.vision.tiff.FaxCodes.HORIZONTAL;
import static dev.vl4j.engine.vision.tiff.FaxCodes.MAKEUP;
import static dev.vl4j.engine.vision.tiff.FaxCodes.MODES;
import static dev.vl4j.engine.vision.tiff.FaxCodes.MODE_BITS;
import static dev.vl4j.engine.vision.tiff.FaxCodes.PASS;
import static dev.vl4j.engine.vision.tiff.FaxCodes.TERMINATING;
import static dev.vl4j.engine.vision.tiff.FaxCodes.VERTICAL_LEFT;
import static dev.vl4j.engine.vision.tiff.FaxCodes.VERTICAL_RIGHT;
import static dev.vl4j.engine.vision.tiff.FaxCodes.WHITE;
import static dev.vl4j.engine.vision.tiff.FaxCodes.WHITE_BITS;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.Arrays;

/**
 * CCITT fax codes: run-length coding, T.4 (group 3) in one and two dimensions, T.6 (group 4). Of
 * broken lines it makes what libtiff makes of them; white is 0 and black is 1.
 */
final class FaxReader implements StripReader {
  private final Compression compression;
  private final boolean twoDimensional; // of group 3
  private final FaxBits bits;
  private final int pixels; // of a row

  // A line is a list of runs, white and black in turn, beginning with white.
  private final int maxRuns;
  private int[] runs;
  private int[] above;

  // The line that is being read.
  private int count; // of its runs
  private int a0; // pixels so far
  private int run; // of them in a run that is not in the list yet

  private boolean lineEnded; // eleven zeros were read
  private boolean withoutLineEnds; // group 3 data that turned out to have none
  private boolean first; // line of the strip
  private boolean ended;

  /**
   * @param pixels of a row
   * @param options T4Options; bit 0 says two dimensions
   * @param lowBitsFirst whether FillOrder is 2
   */
  FaxReader(Compression compression, int pixels, long options, boolean lowBitsFirst) {
    this.compression = compression;
    this.pixels = pixels;
    this.twoDimensional = compression == Compression.CCITT_GROUP3 && (options & 1) != 0;
    this.bits = new FaxBits(lowBitsFirst);
    boolean lineAbove = compression == Compression.CCITT_GROUP4 || twoDimensional;
    this.maxRuns = (lineAbove ? 2 : 1) * ((pixels + 1 + 31) & ~31);
    this.runs = new int[maxRuns];
    this.above = new int[maxRuns];
  }

  /** Bytes that a reader for rows of so many pixels takes. */
  static long memory(int pixels) {
    return 4L * Integer.BYTES * (pixels + 32L);
  }

  @Override
  public void open(byte[] bytes, int from, int length, int rows) {
    bits.open(bytes, from, length);
    above[0] = pixels;
    above[1] = 0;
    lineEnded = false;
    first = true;
    ended = false;
  }

  @Override
  public void readRow(byte[] row, int length) throws BrokenImageException {
    Arrays.fill(row, 0, length, (byte) 0);
    if (ended) {
      return;
    }
    a0 = 0;
    run = 0;
    count = 0;
    switch (compression) {
      case CCITT_GROUP4 -> readGroup4(row);
      case CCITT_GROUP3 -> readGroup3(row);
      default -> readRunLengths(row);
    }
    first = false;
  }

  private void readRunLengths(byte[] row) throws BrokenImageException {
    if (!expandRuns()) {
      throw tooShort();
    }
    paint(row);
    bits.align(compression == Compression.CCITT_RLE_WORDS);
  }

  private void readGroup3(byte[] row) throws BrokenImageException {
    if (!withoutLineEnds && !skipLineEnd()) {
      throw tooShort();
    }
    boolean whole;
    if (twoDimensional) {
      if (!bits.need(1)) {
        throw tooShort();
      }
      whole = bits.take(1) == 1 ? expandRuns() : expandModes();
    } else {
      whole = expandRuns();
    }
    if (!whole) {
      throw tooShort();
    }
    paint(row);
    if (twoDimensional) {
      becomeLineAbove();
    }
  }

  private void readGroup4(byte[] row) throws BrokenImageException {
    if (expandModes() && !lineEnded) {
      paint(row);
      becomeLineAbove();
      return;
    }
    if (first) {
      throw tooShort();
    }
    // An end of block: libtiff leaves the lines that are missing as they are.
    paint(row);
    ended = true;
  }

  private void becomeLineAbove() throws BrokenImageException {
    if (count < maxRuns) {
      endRun(0);
    }
    int[] line = runs;
    runs = above;
    above = line;
  }

  /**
   * Goes behind the next end of line. Data without any is read from its beginning once more.
   *
   * @return false if the data ends before
   */
  private boolean skipLineEnd() {
    if (!lineEnded) {
      while (true) {
        if (!bits.need(11)) {
          return false;
        }
        if (bits.peek(11) == 0) {
          break;
        }
        bits.skip(1);
      }
    }
    while (true) {
      if (!bits.need(8)) {
        withoutLineEnds = true;
        bits.reopen();
        lineEnded = false;
        return true;
      }
      if (bits.peek(8) != 0) {
        break;
      }
      bits.skip(8);
    }
    while (bits.take(1) == 0) {
      // The zeros before the one that ends the line.
    }
    lineEnded = false;
    return true;
  }

  /**
   * Reads a line of runs.
   *
   * @return false if the data ends before the line does
   */
  private boolean expandRuns() throws BrokenImageException {
    boolean black = false;
    while (true) {
      switch (readRun(black)) {
        case TERMINATING -> {
          if (a0 >= pixels) {
            finishLine();
            return true;
          }
          if (black && runs[count - 1] == 0 && runs[count - 2] == 0) {
            count -= 2;
          }
          black = !black;
        }
        case END_OF_DATA -> {
          finishLine();
          return false;
        }
        case END_OF_LINE -> {
          lineEnded = true;
          finishLine();
          return true;
        }
        default -> {
          finishLine();
          return true;
        }
      }
    }
  }

  private static final int END_OF_DATA = -1;

  /** Reads one run: the kind of its last code, or END_OF_DATA. */
  private int readRun(boolean black) throws BrokenImageException {
    int width = black ? BLACK_BITS : WHITE_BITS;
    int[] table = black ? BLACK : WHITE;
    while (true) {
      if (!bits.need(width)) {
        return END_OF_DATA;
      }
      int entry = table[bits.peek(width)];
      bits.skip(FaxCodes.width(entry));
      if (FaxCodes.kind(entry) == TERMINATING) {
        endRun(FaxCodes.parameter(entry));
        return TERMINATING;
      }
      if (FaxCodes.kind(entry) != MAKEUP) {
        return FaxCodes.kind(entry);
      }
      a0 += FaxCodes.parameter(entry);
      run += FaxCodes.parameter(entry);
    }
  }

  /**
   * Reads a line of modes, relative to the line above.
   *
   * @return false if the data ends before the line does
   */
  private boolean expandModes() throws BrokenImageException {
    int next = 1; // run of the line above
    int b1 = above[0]; // the change above that the next code refers to
    while (a0 < pixels) {
      if (count >= maxRuns) {
        throw tooManyRuns();
      }
      if (!bits.need(MODE_BITS)) {
        finishLine();
        return false;
      }
      int entry = MODES[bits.peek(MODE_BITS)];
      bits.skip(FaxCodes.width(entry));
      int kind = FaxCodes.kind(entry);
      if (kind == EXTENSION) {
        runs[count++] = pixels - a0;
        finishLine();
        return true;
      }
      if (kind == END_OF_LINE) {
        runs[count++] = pixels - a0;
        if (!bits.need(4)) {
          finishLine();
          return false;
        }
        bits.skip(4);
        lineEnded = true;
        finishLine();
        return true;
      }
      if (kind == HORIZONTAL) {
        boolean black = (count & 1) != 0;
        for (int i = 0; i < 2; i++, black = !black) {
          int ending = readRun(black);
          if (ending != TERMINATING) {
            finishLine();
            return ending != END_OF_DATA;
          }
        }
      }
      if (count > 0) {
        while (b1 <= a0 && b1 < pixels) {
          b1 += above(next) + above(next + 1);
          next += 2;
        }
      }
      int distance = FaxCodes.parameter(entry);
      switch (kind) {
        case PASS -> {
          int skipped = above(next + 1);
          b1 += above(next);
          run += b1 - a0;
          a0 = b1;
          b1 += skipped;
          next += 2;
        }
        case VERTICAL_RIGHT -> {
          endRun(b1 - a0 + distance);
          b1 += above(next++);
        }
        case VERTICAL_LEFT -> {
          if (b1 < a0 + distance) {
            finishLine();
            return true;
          }
          endRun(b1 - a0 - distance);
          b1 -= above(--next);
        }
        default -> {}
      }
    }
    if (run != 0) {
      if (run + a0 < pixels) {
        if (!bits.need(1)) {
          finishLine();
          return false;
        }
        if (bits.peek(1) == 0) {
          finishLine();
          return true;
        }
        bits.skip(1);
      }
      endRun(0);
    }
    finishLine();
    return true;
  }

  private int above(int index) throws BrokenImageException {
    if (index < 0 || index >= maxRuns) {
      throw tooManyRuns();
    }
    return above[index];
  }

  /** Adds pixels to the run that is being read, and the run to the list. */
  private void endRun(int more) throws BrokenImageException {
    if (count >= maxRuns) {
      throw tooManyRuns();
    }
    runs[count++] = run + more;
    a0 += more;
    run = 0;
  }

  /** Makes the runs fill the row: what goes past its end is cut, what is missing is white. */
  private void finishLine() throws BrokenImageException {
    if (run != 0) {
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
  private void paint(byte[] row) {
    int x = 0;
    for (int i = 0; i < count; i++) {
      int length = runs[i];
      if (length < 0 || length > pixels - x) {
        length = pixels - x;
        runs[i] = length;
      }
      if ((i & 1) != 0) {
        blacken(row, x, x + length);
      }
      x += length;
    }
    if ((count & 1) != 0 && count < maxRuns) {
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

  private static BrokenImageException tooShort() {
    return new BrokenImageException("it is truncated: its fax data ends early");
  }

  private static BrokenImageException tooManyRuns() {
    return new BrokenImageException("its fax data is broken: a line has more runs than pixels");
  }
}
