package dev.vl4j.engine.vision.jpeg;

/**
 * Bits of Huffman-coded data. It reads ahead exactly as far as libjpeg-turbo on 64-bit machines
 * does, because a file is refused as truncated when reading ahead meets its end.
 *
 * <p>Behind a marker there are zeros, and once one of them is needed the data are {@link
 * #exhausted}.
 */
final class BitReader {
  /** With so many bits there is always enough for a word or a value; fewer are filled up. */
  static final int FAST_BITS = 17;

  private static final int FULL_BITS = 57;
  private static final int FAST_FILL_BYTES = 6;

  /** The lowest {@link #count} bits are the next ones, the highest of them first. */
  long buffer;

  int count;

  /** Whether zeros had to stand in for data since the scan or the restart interval began. */
  boolean exhausted;

  /** Whether {@link #fillFast} met a marker since {@link #mark}. */
  boolean sawMarker;

  private final JpegInput input;
  private final byte[] file;
  private long markedBuffer;
  private int markedCount;
  private int markedPosition;

  BitReader(JpegInput input) {
    this.input = input;
    this.file = input.file;
  }

  /** Begins a scan. */
  void start() {
    count = 0;
    exhausted = false;
  }

  /** Goes on behind the next restart marker. */
  void restart(int expected) throws EndOfDataException {
    count = 0;
    input.readRestartMarker(expected);
    if (input.marker == 0) {
      exhausted = false;
    }
  }

  /** Notes where {@link #rewind} returns to. */
  void mark() {
    markedBuffer = buffer;
    markedCount = count;
    markedPosition = input.position;
    sawMarker = false;
  }

  void rewind() {
    buffer = markedBuffer;
    count = markedCount;
    input.position = markedPosition;
  }

  /**
   * Fills the buffer, up to a marker. If there are fewer than the needed bits before it, zeros
   * follow.
   *
   * @return false if the next piece of the file is needed first; the buffer is then of no use
   */
  boolean tryFill(int needed) {
    if (input.marker == 0) {
      int limit = input.position + input.available();
      int at = input.position;
      while (count < FULL_BITS) {
        if (at == limit) {
          return false;
        }
        int value = file[at++] & 0xff;
        if (value == 0xff) {
          do {
            if (at == limit) {
              return false;
            }
            value = file[at++] & 0xff;
          } while (value == 0xff);
          if (value != 0) {
            input.marker = value;
            break;
          }
          value = 0xff;
        }
        buffer = buffer << 8 | value;
        count += 8;
      }
      input.position = at;
    }
    if (needed > count) {
      exhausted = true;
      buffer <<= FULL_BITS - count;
      count = FULL_BITS;
    }
    return true;
  }

  /**
   * Adds 48 bits. A marker is not passed: it gives zeros, and all must be read again with care.
   *
   * @return false if the file's end is too near
   */
  boolean fillFast() {
    int at = input.position;
    if (at + 2 * FAST_FILL_BYTES >= file.length) {
      return false;
    }
    for (int i = 0; i < FAST_FILL_BYTES; i++) {
      int value = file[at++] & 0xff;
      if (value == 0xff && file[at++] != 0) {
        sawMarker = true;
        at -= 2;
        value = 0;
      }
      buffer = buffer << 8 | value;
    }
    count += 8 * FAST_FILL_BYTES;
    input.position = at;
    return true;
  }

  /** Makes room for the needed bits, with further pieces of the file if it takes them. */
  private void fill(int needed) throws EndOfDataException {
    long bufferBefore = buffer;
    int countBefore = count;
    while (!tryFill(needed)) {
      input.grow();
      buffer = bufferBefore;
      count = countBefore;
    }
  }

  int bits(int n) throws EndOfDataException {
    if (count < n) {
      fill(n);
    }
    count -= n;
    return (int) (buffer >>> count) & ((1 << n) - 1);
  }

  boolean bit() throws EndOfDataException {
    return bits(1) != 0;
  }

  /** A number of so many bits, of which those that begin with 0 are negative. */
  int signed(int n) throws EndOfDataException {
    return n == 0 ? 0 : extend(bits(n), n);
  }

  static int extend(int value, int bits) {
    return value < 1 << (bits - 1) ? value + 1 - (1 << bits) : value;
  }

  int symbol(HuffmanTable table) throws EndOfDataException {
    if (count < HuffmanTable.LOOKUP_BITS) {
      fill(0);
    }
    int length = 1;
    if (count >= HuffmanTable.LOOKUP_BITS) {
      int entry = table.lookup[(int) (buffer >>> (count - HuffmanTable.LOOKUP_BITS)) & 0xff];
      length = entry >>> HuffmanTable.LOOKUP_BITS;
      if (length <= HuffmanTable.LOOKUP_BITS) {
        count -= length;
        return entry & 0xff;
      }
    }
    int word = bits(length);
    while (word > table.lastWord[length]) {
      word = word << 1 | bits(1);
      length++;
    }
    return table.symbolOf(word, length);
  }
}
