package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.cpu.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.Lanes.ORDER;
import static jdk.incubator.vector.VectorOperators.ABS;

import dev.vl4j.kernels.Quantization;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Activation rows as {@link Quantization} defines them: low digits go where the kernel wants them;
 * steps and high digits, of which there are few, are kept here.
 */
final class Int8Rows {
  private static final int ROUNDER_BITS = Float.floatToRawIntBits(Quantization.ROUNDER);

  private float[] steps = new float[0];
  private int[] counts = new int[0];
  private int[][] outliers = new int[0][];

  /** Makes room for so many rows. */
  void reset(int rows) {
    if (steps.length < rows) {
      steps = new float[rows];
      counts = new int[rows];
      outliers = Arrays.copyOf(outliers, rows);
    }
  }

  /** What a digit of this row counts for. */
  float step(int row) {
    return steps[row];
  }

  /** How many elements of a row have a high digit. */
  int outliers(int row) {
    return counts[row];
  }

  /** Which element of its row an outlier is. */
  int column(int row, int outlier) {
    return outliers[row][2 * outlier];
  }

  /** The high digit of an outlier. */
  int high(int row, int outlier) {
    return outliers[row][2 * outlier + 1];
  }

  /**
   * Quantises a row.
   *
   * @param offset is added to low digits
   * @param digits gets the low digits, one byte each, and {@code offset} past the last column
   * @param at byte offset of the first
   * @param padded bytes to write
   */
  void quantise(HostTensor x, int row, int offset, MemorySegment digits, long at, int padded) {
    int columns = x.columns();
    float step = step(x, row);
    steps[row] = step;
    counts[row] = 0;
    FloatVector inverse = FloatVector.broadcast(FLOAT, Quantization.inverse(step));
    int[] quantised = new int[padded + COUNT];
    for (int i = 0; i < columns; i += COUNT) {
      FloatVector v = load(x.data(), x.at(row, i), columns - i);
      IntVector q = v.mul(inverse).add(Quantization.ROUNDER).reinterpretAsInts().sub(ROUNDER_BITS);
      q.intoArray(quantised, i);
      // Outside of a byte's symmetric range: more than 254 above -127, as unsigned numbers.
      if (q.lanewise(ABS)
          .compare(jdk.incubator.vector.VectorOperators.GT, Quantization.LARGEST)
          .anyTrue()) {
        split(row, quantised, i, Math.min(columns, i + COUNT));
      }
    }
    byte[] low = new byte[padded];
    for (int i = 0; i < padded; i++) {
      low[i] = (byte) (quantised[i] + offset);
    }
    MemorySegment.copy(low, 0, digits, ValueLayout.JAVA_BYTE, at, padded);
  }

  /** Moves what is beyond a low digit to high digits. */
  private void split(int row, int[] quantised, int from, int to) {
    for (int i = from; i < to; i++) {
      if (Math.abs(quantised[i]) > Quantization.LARGEST) {
        int high = Quantization.high(quantised[i]);
        quantised[i] -= Quantization.BASE * high;
        int[] list = outliers[row];
        int count = counts[row]++;
        if (list == null || list.length == 2 * count) {
          list = list == null ? new int[16] : Arrays.copyOf(list, 2 * list.length);
          outliers[row] = list;
        }
        list[2 * count] = i;
        list[2 * count + 1] = high;
      }
    }
  }

  private static float step(HostTensor x, int row) {
    int columns = x.columns();
    float[] sums = new float[Quantization.LANES];
    float[] maxima = new float[Quantization.LANES];
    int whole = columns / Quantization.BLOCK * Quantization.BLOCK;
    for (int i = 0; i < whole; i += Quantization.BLOCK) {
      measure(x.data(), x.at(row, i), sums, maxima);
    }
    if (whole < columns) {
      float[] rest = new float[Quantization.BLOCK];
      MemorySegment.copy(
          x.data(), ValueLayout.JAVA_FLOAT, x.at(row, whole), rest, 0, columns - whole);
      measure(MemorySegment.ofArray(rest), 0, sums, maxima);
    }
    float largest = 0;
    for (float maximum : maxima) {
      largest = Math.max(largest, maximum);
    }
    return Quantization.activationStep(Quantization.total(sums), columns, largest);
  }

  /** A block's magnitudes, in the order of {@link Quantization#sumOfMagnitudes}. */
  private static void measure(MemorySegment data, long at, float[] sums, float[] maxima) {
    for (int lane = 0; lane < Quantization.LANES; lane += COUNT) {
      long from = at + (long) lane * Float.BYTES;
      FloatVector a = magnitudes(data, from, 0);
      FloatVector b = magnitudes(data, from, 1);
      FloatVector c = magnitudes(data, from, 2);
      FloatVector d = magnitudes(data, from, 3);
      FloatVector.fromArray(FLOAT, sums, lane).add(a.add(b).add(c.add(d))).intoArray(sums, lane);
      FloatVector.fromArray(FLOAT, maxima, lane)
          .max(a.max(b).max(c.max(d)))
          .intoArray(maxima, lane);
    }
  }

  private static FloatVector magnitudes(MemorySegment data, long at, int quarter) {
    long from = at + (long) quarter * Quantization.LANES * Float.BYTES;
    return FloatVector.fromMemorySegment(FLOAT, data, from, ORDER).lanewise(ABS);
  }

  private static FloatVector load(MemorySegment data, long at, int left) {
    return left >= COUNT
        ? FloatVector.fromMemorySegment(FLOAT, data, at, ORDER)
        : FloatVector.fromMemorySegment(FLOAT, data, at, ORDER, FLOAT.indexInRange(0, left));
  }
}
