package dev.vl4j.kernels.cpu.family;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Quantization;
import dev.vl4j.kernels.x86.PackCode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Turns rows of a weight into 8-bit integers, on emitted kernels where it can. For one worker. */
final class Int8Quantiser {
  private final int count;
  private final @Nullable PackCode code;
  private final MemorySegment lanes;
  private final float[] values;
  private final byte[] bytes;
  private int sum;

  /**
   * @param count elements of a row
   * @param code null for none
   * @param lanes scratch of 64 bytes
   */
  Int8Quantiser(int count, @Nullable PackCode code, MemorySegment lanes) {
    this.count = count;
    this.code = code;
    this.lanes = lanes;
    values = new float[count];
    bytes = new byte[count];
  }

  /**
   * Quantises a row, unless it is stored so.
   *
   * @param target gets the integers
   * @return the row's scale
   */
  float quantise(PackedRows.Row source, MemorySegment target) {
    HostMatrix matrix = source.matrix();
    long first = (long) source.index() * count;
    if (matrix.dtype() == DType.I8) {
      MemorySegment.copy(matrix.data(), ValueLayout.JAVA_BYTE, first, bytes, 0, count);
      give(target);
      return matrix.scales()[source.index()];
    }
    if (code != null && matrix.dtype() == DType.BF16 && matrix.data().isNative()) {
      float scale = scale(source, emittedLargest(code, matrix, first));
      // Quotients by a scale that is rounded itself may not fit, and what they become is Java's.
      if (scale >= Float.MIN_NORMAL) {
        sum = emittedQuantise(code, matrix, first, scale, target);
        return scale;
      }
    }
    read(matrix, first);
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    float scale = scale(source, largest);
    for (int k = 0; k < count; k++) {
      bytes[k] = quantised(values[k], scale);
    }
    give(target);
    return scale;
  }

  /** The sum of the integers of the last row. */
  int sum() {
    return sum;
  }

  private static float scale(PackedRows.Row source, float largest) {
    if (!Float.isFinite(largest)) {
      throw new BackendException(
          "prepare: %s holds an infinite or undefined value in row %d"
              .formatted(source.matrix().name(), source.index()));
    }
    return Quantization.weightScale(largest);
  }

  private static byte quantised(float value, float scale) {
    return scale == 0 ? 0 : (byte) Quantization.round(value / scale);
  }

  private float emittedLargest(PackCode emitted, HostMatrix matrix, long first) {
    int turns = count / PackCode.ELEMENTS;
    float largest = 0;
    if (turns > 0) {
      int bits = emitted.largest(address(matrix, first), turns, lanes);
      largest = Float.intBitsToFloat(bits << Short.SIZE);
    }
    for (int k = turns * PackCode.ELEMENTS; k < count; k++) {
      largest = Math.max(largest, Math.abs(matrix.element(first + k)));
    }
    return largest;
  }

  private int emittedQuantise(
      PackCode emitted, HostMatrix matrix, long first, float scale, MemorySegment target) {
    int turns = count / PackCode.ELEMENTS;
    int total = 0;
    if (turns > 0) {
      total = emitted.quantise(address(matrix, first), target.address(), turns, scale, lanes);
    }
    for (int k = turns * PackCode.ELEMENTS; k < count; k++) {
      byte quantised = quantised(matrix.element(first + k), scale);
      target.set(ValueLayout.JAVA_BYTE, k, quantised);
      total += quantised;
    }
    return total;
  }

  private static long address(HostMatrix matrix, long first) {
    return matrix.data().address() + first * Short.BYTES;
  }

  private void give(MemorySegment target) {
    sum = 0;
    for (byte value : bytes) {
      sum += value;
    }
    MemorySegment.copy(bytes, 0, target, ValueLayout.JAVA_BYTE, 0, count);
  }

  private void read(HostMatrix matrix, long first) {
    if (matrix.dtype() != DType.BF16) {
      for (int k = 0; k < count; k++) {
        values[k] = matrix.element(first + k);
      }
      return;
    }
    short[] bits = new short[count];
    ValueLayout layout = ValueLayout.JAVA_SHORT_UNALIGNED;
    MemorySegment.copy(matrix.data(), layout, first * Short.BYTES, bits, 0, count);
    for (int k = 0; k < count; k++) {
      values[k] = Float.intBitsToFloat(bits[k] << Short.SIZE);
    }
  }
}
