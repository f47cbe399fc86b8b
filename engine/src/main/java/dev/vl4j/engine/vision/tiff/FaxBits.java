package dev.vl4j.engine.vision.tiff;

/** The bits of a strip of fax codes; those that come first are the low ones. */
final class FaxBits {
  private final boolean lowBitsFirst;
  private byte[] bytes = new byte[0];
  private int start;
  private int at;
  private int end;
  private int accumulator;
  private int available;

  FaxBits(boolean lowBitsFirst) {
    this.lowBitsFirst = lowBitsFirst;
  }

  void open(byte[] bytes, int from, int length) {
    this.bytes = bytes;
    start = from;
    end = from + length;
    reopen();
  }

  /** Goes back to the beginning. */
  void reopen() {
    at = start;
    accumulator = 0;
    available = 0;
  }

  /**
   * Has bits ready to be looked at. At the end of the data, zeros fill up what is left.
   *
   * @param count 1 to 13
   * @return false if there is nothing left
   */
  boolean need(int count) {
    while (available < count) {
      if (at == end) {
        if (available == 0) {
          return false;
        }
        available = count;
        return true;
      }
      int next = bytes[at++] & 0xff;
      accumulator |= (lowBitsFirst ? next : BitOrder.reversed(next)) << available;
      available += 8;
    }
    return true;
  }

  int peek(int count) {
    return accumulator & ((1 << count) - 1);
  }

  void skip(int count) {
    available -= count;
    accumulator >>>= count;
  }

  int take(int count) {
    int value = peek(count);
    skip(count);
    return value;
  }

  /** Goes to the next byte, or to the next word by its place in the file. */
  void align(boolean word) {
    skip(word ? available & 15 : available & 7);
    if (word && available == 0 && (at & 1) != 0 && at < end) {
      at++;
    }
  }
}
