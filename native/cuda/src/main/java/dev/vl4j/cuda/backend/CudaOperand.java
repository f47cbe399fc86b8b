package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Operands;

/**
 * What a product or attention reads: rows of float32 or bfloat16 whose stride is a multiple of
 * {@link Products#GROUP}, with zeros behind the last column.
 */
record CudaOperand(Session session, DeviceBlock block, DType element, int rows, int columns)
    implements Operand, Resident {
  /** Bytes of such rows. */
  static long bytes(DType element, int rows, int columns) {
    return (long) rows * Products.padded(columns) * element.bytes();
  }

  Matrix matrix() {
    return new Matrix(block.address(), element, rows, columns, Products.padded(columns));
  }

  /** With the zeros behind the last column. */
  Matrix padded() {
    return Matrix.dense(block.address(), element, rows, Products.padded(columns));
  }

  @Override
  public String describe() {
    return "operand " + Operands.shape(this);
  }
}
