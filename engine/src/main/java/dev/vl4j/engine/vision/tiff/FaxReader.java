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

  private FaxLine line;
  private FaxLine above;

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
    this.line = new FaxLine(pixels, lineAbove);
    this.above = new FaxLine(pixels, lineAbove);
  }

  /** Bytes that a reader for rows of so many pixels takes. */
  static long memory(int pixels) {
    return 4L * Integer.BYTES * (pixels + 32L);
  }

  @Override
  public void open(byte[] bytes, int from, int length, int rows) {
    bits.open(bytes, from, length);
    above.clearToWhite();
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
    line.clear();
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
    line.paint(row);
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
    line.paint(row);
    if (twoDimensional) {
      becomeLineAbove();
    }
  }

  private void readGroup4(byte[] row) throws BrokenImageException {
    if (expandModes() && !lineEnded) {
      line.paint(row);
      becomeLineAbove();
      return;
    }
    if (first) {
      throw tooShort();
    }
    // An end of block: libtiff leaves the lines that are missing as they are.
    line.paint(row);
    ended = true;
  }

  private void becomeLineAbove() throws BrokenImageException {
    if (!line.isFull()) {
      line.endRun(0);
    }
    FaxLine read = line;
    line = above;
    above = read;
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
          if (line.isWhole()) {
            line.finish();
            return true;
          }
          if (black) {
            line.dropEmptyPair();
          }
          black = !black;
        }
        case END_OF_DATA -> {
          line.finish();
          return false;
        }
        case END_OF_LINE -> {
          lineEnded = true;
          line.finish();
          return true;
        }
        default -> {
          line.finish();
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
        line.endRun(FaxCodes.parameter(entry));
        return TERMINATING;
      }
      if (FaxCodes.kind(entry) != MAKEUP) {
        return FaxCodes.kind(entry);
      }
      line.extend(FaxCodes.parameter(entry));
    }
  }

  /**
   * Reads a line of modes, relative to the line above.
   *
   * @return false if the data ends before the line does
   */
  private boolean expandModes() throws BrokenImageException {
    int next = 1; // run of the line above
    int b1 = above.run(0); // the change above that the next code refers to
    while (!line.isWhole()) {
      if (!bits.need(MODE_BITS)) {
        line.finish();
        return false;
      }
      int entry = MODES[bits.peek(MODE_BITS)];
      bits.skip(FaxCodes.width(entry));
      int kind = FaxCodes.kind(entry);
      if (kind == EXTENSION || kind == END_OF_LINE) {
        line.endWithWhatIsMissing();
        boolean whole = kind == EXTENSION || skipRestOfLineEnd();
        line.finish();
        return whole;
      }
      if (kind == HORIZONTAL) {
        int ending = readTwoRuns();
        if (ending != TERMINATING) {
          line.finish();
          return ending != END_OF_DATA;
        }
      }
      if (line.count() > 0) {
        while (b1 <= line.length() && b1 < pixels) {
          b1 += above.run(next) + above.run(next + 1);
          next += 2;
        }
      }
      int distance = FaxCodes.parameter(entry);
      switch (kind) {
        case PASS -> {
          int skipped = above.run(next + 1);
          b1 += above.run(next);
          line.extend(b1 - line.length());
          b1 += skipped;
          next += 2;
        }
        case VERTICAL_RIGHT -> {
          line.endRun(b1 - line.length() + distance);
          b1 += above.run(next++);
        }
        case VERTICAL_LEFT -> {
          if (b1 < line.length() + distance) {
            line.finish();
            return true;
          }
          line.endRun(b1 - line.length() - distance);
          b1 -= above.run(--next);
        }
        default -> {}
      }
    }
    return endOpenRun();
  }

  /** The zeros after those that a mode's table sees; false if the data ends there. */
  private boolean skipRestOfLineEnd() {
    if (!bits.need(4)) {
      return false;
    }
    bits.skip(4);
    lineEnded = true;
    return true;
  }

  private int readTwoRuns() throws BrokenImageException {
    boolean black = (line.count() & 1) != 0;
    int ending = readRun(black);
    return ending == TERMINATING ? readRun(!black) : ending;
  }

  /** Ends a run that passes left open; a bit is to say so if the line is not whole. */
  private boolean endOpenRun() throws BrokenImageException {
    int open = line.openRun();
    if (open != 0) {
      if (open + line.length() < pixels) {
        if (!bits.need(1)) {
          line.finish();
          return false;
        }
        if (bits.peek(1) == 0) {
          line.finish();
          return true;
        }
        bits.skip(1);
      }
      line.endRun(0);
    }
    line.finish();
    return true;
  }

  private static BrokenImageException tooShort() {
    return new BrokenImageException("it is truncated: its fax data ends early");
  }
}
