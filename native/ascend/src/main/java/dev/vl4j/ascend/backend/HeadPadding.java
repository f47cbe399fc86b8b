package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.View;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.OperandFormat;

/**
 * How heads lie in memory. Fused attention of packed sequences takes heads of 128 and 192 elements;
 * smaller ones have zeros behind them, which add nothing to a product.
 *
 * @param size elements of a head
 * @param stride elements from a head to the next
 */
record HeadPadding(int size, int stride) {
  private static final int[] FUSED = {128, 192};

  /** Largest heads that fused attention takes. */
  static final int LARGEST = 192;

  static HeadPadding of(AttentionShape shape) {
    int size = shape.headSize();
    if (shape.operands() == OperandFormat.F32) {
      return new HeadPadding(size, size);
    }
    for (int fused : FUSED) {
      if (size <= fused) {
        return new HeadPadding(size, fused);
      }
    }
    throw new IllegalArgumentException("heads of size " + size);
  }

  /** No heads. */
  static HeadPadding none(int columns) {
    return new HeadPadding(columns, columns);
  }

  boolean isPadded() {
    return stride > size;
  }

  /** Columns that heads take in memory. */
  int columns(int heads) {
    return heads * stride;
  }

  /** The elements of heads without what is behind them: [rows, heads, size]. */
  View heads(View padded) {
    return padded.heads(stride).columns(0, size);
  }
}
