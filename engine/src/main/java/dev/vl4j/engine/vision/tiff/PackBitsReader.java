package dev.vl4j.engine.vision.tiff;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.Arrays;

/** PackBits: runs of one byte, and bytes as they are. Runs may go on in the next row. */
final class PackBitsReader implements StripReader {
  private byte[] bytes = new byte[0];
  private int at;
  private int end;
  private int left; // of the current run
  private boolean repeated;

  @Override
  public void open(byte[] bytes, int from, int length, int rows) {
    this.bytes = bytes;
    at = from;
    end = from + length;
    left = 0;
  }

  @Override
  public void readRow(byte[] row, int length) throws BrokenImageException {
    int filled = 0;
    while (filled < length) {
      if (left == 0) {
        startRun();
        continue;
      }
      int count = Math.min(left, length - filled);
      if (at + (repeated ? 1 : count) > end) {
        throw tooShort();
      }
      if (repeated) {
        Arrays.fill(row, filled, filled + count, bytes[at]);
      } else {
        System.arraycopy(bytes, at, row, filled, count);
        at += count;
      }
      filled += count;
      left -= count;
      if (left == 0 && repeated) {
        at++;
      }
    }
  }

  private void startRun() throws BrokenImageException {
    if (at == end) {
      throw tooShort();
    }
    int code = bytes[at++];
    repeated = code < 0;
    left = code == -128 ? 0 : Math.abs(code) + 1;
  }

  private static BrokenImageException tooShort() {
    return new BrokenImageException("it is truncated: its PackBits data ends early");
  }
}
