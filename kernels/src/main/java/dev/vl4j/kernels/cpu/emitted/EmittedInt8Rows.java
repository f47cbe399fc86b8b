package dev.vl4j.kernels.cpu.emitted;

import dev.vl4j.kernels.Quantization;
import dev.vl4j.kernels.cpu.vector.Int8Rows;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.Int8Code;
import dev.vl4j.kernels.x86.OutputCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@link Int8Rows} by emitted kernels, with high digits as emitted products read them. */
final class EmittedInt8Rows extends Int8Rows {
  private HighDigits highDigits = new HighDigits(0);
  private int capacity;

  /** What a worker needs to quantise a row. */
  static final class Scratch {
    private final MemorySegment sums = lanes();
    private final MemorySegment maxima = lanes();
    private final MemorySegment arguments =
        Arena.ofAuto().allocate(Int8Code.QUANTISE_BYTES, Long.BYTES);
    private MemorySegment columns = MemorySegment.NULL;
    private MemorySegment high = MemorySegment.NULL;

    private static MemorySegment lanes() {
      return Arena.ofAuto().allocate(ValueLayout.JAVA_FLOAT, Quantization.LANES);
    }

    private void reserve(int count) {
      long bytes = (long) (count + Int8Code.QUANTISE_BLOCK) * Integer.BYTES;
      if (columns.byteSize() < bytes) {
        columns = Arena.ofAuto().allocate(bytes, Integer.BYTES);
        high = Arena.ofAuto().allocate(bytes, Integer.BYTES);
      }
    }
  }

  @Override
  public void reset(int rows) {
    super.reset(rows);
    if (capacity < rows) {
      capacity = rows;
      highDigits = new HighDigits(rows);
    }
  }

  /** The rows' outliers as {@link OutputCode#write} reads them. */
  HighDigits highDigits() {
    return highDigits;
  }

  /**
   * Quantises a row.
   *
   * @param digits gets the low digits, one byte each, with the offset that the products want
   * @param at byte offset of the first
   * @param padded bytes to write
   */
  void quantise(
      Int8Code code,
      HostTensor x,
      int row,
      MemorySegment digits,
      long at,
      int padded,
      Scratch scratch) {
    int columns = x.columns();
    long address = x.address(row, 0);
    int blocks = columns / Quantization.BLOCK;
    int turns = columns / Int8Code.QUANTISE_BLOCK;
    scratch.sums.fill((byte) 0);
    scratch.maxima.fill((byte) 0);
    if (blocks > 0) {
      code.measure(address, blocks, scratch.sums.address(), scratch.maxima.address());
    }
    float[] sums = scratch.sums.toArray(ValueLayout.JAVA_FLOAT);
    float[] maxima = scratch.maxima.toArray(ValueLayout.JAVA_FLOAT);
    float inverse = start(x, row, blocks * Quantization.BLOCK, sums, maxima);
    if (turns > 0) {
      scratch.reserve(columns);
      int listed =
          code.quantise(
              address,
              digits.address() + at,
              turns,
              scratch.columns,
              scratch.high,
              scratch.arguments,
              inverse);
      for (int i = 0; i < listed; i++) {
        int high = scratch.high.getAtIndex(ValueLayout.JAVA_INT, i);
        if (high != 0) {
          add(row, scratch.columns.getAtIndex(ValueLayout.JAVA_INT, i), high);
        }
      }
    }
    int rest = turns * Int8Code.QUANTISE_BLOCK;
    quantise(x, row, rest, inverse, code.offset(), digits, at, padded);
    highDigits.put(row, outliersOf(row), outliers(row));
  }
}
