package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.x86.Bf16Code.ROUND_BLOCK;

import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.MachineCode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Rows of float32 as rows of bfloat16 operands. */
final class Bf16Rows {
  private Bf16Rows() {}

  /**
   * Rounds part of a row.
   *
   * @param at byte offset in {@code to}
   * @param padded elements to write, at least {@code count}; those past it become zero
   */
  static void round(
      MachineCode code,
      HostTensor x,
      int row,
      int column,
      int count,
      MemorySegment to,
      long at,
      int padded) {
    int blocks = count / ROUND_BLOCK;
    long from = x.at(row, column);
    if (blocks > 0) {
      code.bf16().round(x.data().address() + from, to.address() + at, blocks);
    }
    for (int i = blocks * ROUND_BLOCK; i < padded; i++) {
      float value =
          i < count
              ? Formats.roundToBf16(
                  x.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, from + (long) i * Float.BYTES))
              : 0;
      short bits = (short) (Float.floatToRawIntBits(value) >>> 16);
      to.set(ValueLayout.JAVA_SHORT, at + (long) i * Short.BYTES, bits);
    }
  }
}
