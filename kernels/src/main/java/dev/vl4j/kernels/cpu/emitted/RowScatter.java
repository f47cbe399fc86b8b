package dev.vl4j.kernels.cpu.emitted;

import static dev.vl4j.kernels.cpu.vector.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.vector.Lanes.ORDER;

import dev.vl4j.kernels.x86.OperandLayout;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Brings rows of operands without gaps to their places in blocks of rows. */
final class RowScatter {
  private RowScatter() {}

  /**
   * @param layout with lines of whole vectors
   * @param index number of the row
   */
  static void scatter(
      MemorySegment row, MemorySegment operands, OperandLayout layout, int index, int depthBytes) {
    for (int from = 0; from < depthBytes; from += layout.lineBytes()) {
      long at = layout.at(index, from, depthBytes);
      for (int i = 0; i < layout.lineBytes(); i += FLOAT.vectorByteSize()) {
        FloatVector.fromMemorySegment(FLOAT, row, from + i, ORDER)
            .intoMemorySegment(operands, at + i, ORDER);
      }
    }
  }
}
