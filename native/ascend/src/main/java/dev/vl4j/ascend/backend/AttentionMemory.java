package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.OperandFormat;

/** Sizes of what attention reads. */
final class AttentionMemory {
  private AttentionMemory() {}

  /** The type of queries, keys and values. */
  static ElementType type(AttentionShape shape) {
    return shape.operands() == OperandFormat.F32 ? ElementType.F32 : ElementType.BF16;
  }

  /** Bytes of so many rows of queries. */
  static long queryBytes(AttentionShape shape, int rows) {
    return bytes(shape, shape.heads(), rows);
  }

  /** Bytes of so many rows of keys, or of values. */
  static long keyBytes(AttentionShape shape, long rows) {
    return bytes(shape, shape.keyValueHeads(), rows);
  }

  private static long bytes(AttentionShape shape, int heads, long rows) {
    long columns = HeadPadding.of(shape).columns(heads);
    return Math.multiplyExact(rows, columns * type(shape).bytes());
  }
}
