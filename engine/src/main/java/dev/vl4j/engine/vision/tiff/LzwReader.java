package dev.vl4j.engine.vision.tiff;

import dev.vl4j.engine.vision.decode.BrokenImageException;

/**
 * LZW with codes of 9 to 12 bits. Strips that begin with a zero byte and an odd one are of an old
 * kind, with the low bits first and widths that grow one code later.
 */
final class LzwReader implements StripReader {
  private static final int CLEAR = 256;
  private static final int END = 257;
  private static final int FIRST = 258;
  private static final int MIN_WIDTH = 9;
  private static final int MAX_WIDTH = 12;

  /** libtiff lets the table grow so far before it finds it broken. */
  private static final int TABLE_SIZE = (1 << MAX_WIDTH) - 1 + 1024;

  /** No code is free before the first clear code, or after the table is full. */
  private static final int NONE = -1;

  private final int[] prefix = new int[TABLE_SIZE];
  private final byte[] suffix = new byte[TABLE_SIZE];
  private final byte[] first = new byte[TABLE_SIZE];
  private final int[] lengths = new int[TABLE_SIZE];

  private byte[] bytes = new byte[0];
  private int at;
  private int end;
  private boolean old;
  private int accumulator;
  private int bits; // in the accumulator
  private int width;
  private int free;
  private int previous;

  private final byte[] string = new byte[TABLE_SIZE];
  private int stringAt;
  private int stringEnd;

  LzwReader() {
    for (int i = 0; i < 256; i++) {
      suffix[i] = (byte) i;
      first[i] = (byte) i;
      lengths[i] = 1;
    }
  }

  @Override
  public void open(byte[] bytes, int from, int length, int rows) {
    this.bytes = bytes;
    at = from;
    end = from + length;
    old = length >= 2 && bytes[from] == 0 && (bytes[from + 1] & 1) != 0;
    accumulator = 0;
    bits = 0;
    width = MIN_WIDTH;
    free = NONE;
    previous = 0;
    stringAt = 0;
    stringEnd = 0;
  }

  @Override
  public void readRow(byte[] row, int length) throws BrokenImageException {
    int filled = 0;
    while (filled < length) {
      if (stringAt == stringEnd) {
        nextString();
      }
      int count = Math.min(stringEnd - stringAt, length - filled);
      System.arraycopy(string, stringAt, row, filled, count);
      stringAt += count;
      filled += count;
    }
  }

  private void nextString() throws BrokenImageException {
    int code = nextCode();
    if (code == CLEAR) {
      free = FIRST;
      width = MIN_WIDTH;
      do {
        code = nextCode();
      } while (code == CLEAR);
      if (code < CLEAR) {
        put(code);
        return;
      }
    } else if (code != END) {
      define(code);
      put(code);
      return;
    }
    throw new BrokenImageException(
        code == END
            ? "it is truncated: its LZW data ends early"
            : "its LZW data is broken: a string comes right after a clear code");
  }

  /** The string of the previous code and the first byte of this one's get the next free code. */
  private void define(int code) throws BrokenImageException {
    if (free == NONE || code > free) {
      throw new BrokenImageException(
          "its LZW data is broken: code %d is not defined".formatted(code));
    }
    prefix[free] = previous;
    first[free] = first[previous];
    suffix[free] = code == free ? first[previous] : first[code];
    lengths[free] = lengths[previous] + 1;
    free++;
    if (free > (1 << width) - (old ? 1 : 2)) {
      width = Math.min(width + 1, MAX_WIDTH);
      if (free == TABLE_SIZE) {
        free = NONE;
      }
    }
  }

  private void put(int code) {
    previous = code;
    stringAt = 0;
    stringEnd = lengths[code];
    int next = code;
    for (int i = stringEnd - 1; i >= 0; i--) {
      string[i] = suffix[next];
      next = prefix[next];
    }
  }

  private int nextCode() throws BrokenImageException {
    while (bits < width) {
      if (at == end) {
        throw new BrokenImageException("it is truncated: its LZW data has no end code");
      }
      int next = bytes[at++] & 0xff;
      accumulator = old ? accumulator | next << bits : accumulator << 8 | next;
      bits += 8;
    }
    int mask = (1 << width) - 1;
    bits -= width;
    if (old) {
      int code = accumulator & mask;
      accumulator >>>= width;
      return code;
    }
    return accumulator >> bits & mask;
  }
}
