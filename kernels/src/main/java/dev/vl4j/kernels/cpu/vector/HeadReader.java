package dev.vl4j.kernels.cpu.vector;

import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.cpu.family.HeadRows;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Reads rows of a head, which follow each other, into an array; for one worker. Whole runs are
 * copied, and only arrays are read by element: until Java has compiled it, reading elements of
 * other memory is slow.
 */
final class HeadReader {
  private float[] floats = new float[0];
  private short[] halves = new short[0];

  /**
   * @return {@code [count][size of a head]}, valid until the next call; the array may be longer
   */
  float[] read(HeadRows rows, int head, int row, int count) {
    int elements = count * rows.format().size();
    if (floats.length < elements) {
      floats = new float[elements];
      halves = new short[elements];
    }
    long from = rows.at(head, row);
    if (rows.format().dtype() == DType.F32) {
      copy(rows, ValueLayout.JAVA_FLOAT_UNALIGNED, from, floats, elements);
    } else {
      copy(rows, ValueLayout.JAVA_SHORT_UNALIGNED, from, halves, elements);
      for (int i = 0; i < elements; i++) {
        floats[i] = Formats.bf16ToFloat(halves[i]);
      }
    }
    return floats;
  }

  private static void copy(HeadRows rows, ValueLayout layout, long from, Object to, int elements) {
    MemorySegment.copy(rows.data(), layout, from, to, 0, elements);
  }
}
