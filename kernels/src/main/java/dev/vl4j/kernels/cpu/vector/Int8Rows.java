package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.vector.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.vector.Lanes.ORDER;
import static jdk.incubator.vector.VectorOperators.ABS;
import static jdk.incubator.vector.VectorOperators.GT;

import dev.vl4j.kernels.Quantization;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Activation rows as {@link Quantization} defines them: low digits go where the kernel wants them;
 * scales and high digits, of which there are few, are kept here.
 */
public class Int8Rows {
  private static final int ROUNDER_BITS = Float.floatToRawIntBits(Quantization.ROUNDER);

  private MemorySegment scales = MemorySegment.NULL;
  private int[] counts = new int[0];
  private int[][] outliers = new int[0][];

  /** Makes room for so many rows. */
  public void reset(int rows) {
    if (counts.length < rows) {
      scales = Arena.ofAuto().allocate((long) rows * Float.BYTES);
      counts = new int[rows];
      outliers = Arrays.copyOf(outliers, rows);
    }
  }

  /** What a digit of this row counts for. */
  public float scale(int row) {
    return scales.getAtIndex(ValueLayout.JAVA_FLOAT, row);
  }

  /** The scales of this and the following rows, float32. */
  public MemorySegment scales(int row) {
    return scales.asSlice((long) row * Float.BYTES);
  }

  /** A row's outliers: for each, its column and its digit. */
  protected final int[] outliersOf(int row) {
    return outliers[row];
  }

  /** How many elements of a row have a high digit. */
  public int outliers(int row) {
    return counts[row];
  }

  /** Which element of its row an outlier is. */
  public int column(int row, int outlier) {
    return outliers[row][2 * outlier];
  }

  /** The high digit of an outlier. */
  public int high(int row, int outlier) {
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
  public void quantise(
      HostTensor x, int row, int offset, MemorySegment digits, long at, int padded) {
    float[] sums = new float[Quantization.LANES];
    float[] maxima = new float[Quantization.LANES];
    int whole = x.columns() / Quantization.BLOCK * Quantization.BLOCK;
    for (int i = 0; i < whole; i += Quantization.BLOCK) {
      measure(x.data(), x.at(row, i), sums, maxima);
    }
    float inverse = start(x, row, whole, sums, maxima);
    quantise(x, row, 0, inverse, offset, digits, at, padded);
  }

  /**
   * Decides on a row's scale.
   *
   * @param whole elements that are in the sums and maxima already
   * @return what elements are to be multiplied with
   */
  protected final float start(HostTensor x, int row, int whole, float[] sums, float[] maxima) {
    int columns = x.columns();
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
    float scale = Quantization.activationScale(Quantization.total(sums), columns, largest);
    scales.setAtIndex(ValueLayout.JAVA_FLOAT, row, scale);
    counts[row] = 0;
    return Quantization.inverse(scale);
  }

  /** Digits {@code from} to {@code to} of a row, and its outliers among them. */
  protected final void quantise(
      HostTensor x,
      int row,
      int from,
      float inverse,
      int offset,
      MemorySegment digits,
      long at,
      int to) {
    if (from == to) {
      return;
    }
    int columns = Math.min(to, x.columns());
    int[] quantised = new int[to - from + COUNT];
    for (int i = from; i < columns; i += COUNT) {
      FloatVector v = load(x.data(), x.at(row, i), columns - i);
      IntVector q = v.mul(inverse).add(Quantization.ROUNDER).reinterpretAsInts().sub(ROUNDER_BITS);
      q.intoArray(quantised, i - from);
      if (q.lanewise(ABS).compare(GT, Quantization.LARGEST).anyTrue()) {
        split(row, quantised, from, i, Math.min(columns, i + COUNT));
      }
    }
    byte[] low = new byte[to - from];
    for (int i = 0; i < low.length; i++) {
      low[i] = (byte) (quantised[i] + offset);
    }
    MemorySegment.copy(low, 0, digits, ValueLayout.JAVA_BYTE, at + from, low.length);
  }

  /** Moves what is beyond a low digit to high digits. */
  private void split(int row, int[] quantised, int first, int from, int to) {
    for (int i = from; i < to; i++) {
      int q = quantised[i - first];
      if (Math.abs(q) > Quantization.LARGEST) {
        int high = Quantization.high(q);
        quantised[i - first] = q - Quantization.BASE * high;
        add(row, i, high);
      }
    }
  }

  protected final void add(int row, int column, int high) {
    int[] list = outliers[row];
    int count = counts[row]++;
    if (list == null || list.length == 2 * count) {
      list = list == null ? new int[16] : Arrays.copyOf(list, 2 * list.length);
      outliers[row] = list;
    }
    list[2 * count] = column;
    list[2 * count + 1] = high;
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
