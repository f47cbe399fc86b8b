package dev.vl4j.server.vectors;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Repetition or definition levels of a page, in Parquet's encoding RLE: runs of equal levels, each
 * its length as a varint, shifted left by a bit that says so, and the level in one byte. Levels are
 * long runs here, so the encoding's other half, packed bits, is not needed.
 */
final class RunLengths {
  private final ByteArrayOutputStream runs = new ByteArrayOutputStream();
  private int level;
  private int length;

  void add(int next, int times) {
    if (next != level) {
      endRun();
      level = next;
    }
    length += times;
  }

  private void endRun() {
    if (length == 0) {
      return;
    }
    int rest = length << 1;
    while (rest > 0x7F) {
      runs.write((rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    runs.write(rest);
    runs.write(level);
    length = 0;
  }

  /**
   * The levels so far with their length in bytes before them, as a page has them; none are left.
   */
  byte[] take() {
    endRun();
    byte[] taken =
        ByteBuffer.allocate(Integer.BYTES + runs.size())
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(runs.size())
            .put(runs.toByteArray())
            .array();
    runs.reset();
    return taken;
  }
}
