package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.CodedMatrix;
import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;

/**
 * A weight as products read it: rows of inFeatures, padded with zeros to a multiple of {@link
 * Products#GROUP} or, in 8 bits, of {@link CodedMatrix#GROUP}, and zero rows up to such a multiple,
 * which follow the rows of the gate as well.
 *
 * @param rows of the padded weight
 */
record CudaLinear(
    Session session,
    DeviceBlock block,
    int rows,
    int outFeatures,
    int inFeatures,
    boolean gated,
    OperandFormat operands)
    implements Linear, Resident {
  /** The element format of what a product of this format reads. */
  static DType element(OperandFormat operands) {
    return switch (operands) {
      case F32 -> DType.F32;
      case BF16 -> DType.BF16;
      case INT8, FP8 -> throw new IllegalArgumentException("no elements of " + operands);
    };
  }

  /** Whether it is in E4M3. */
  boolean isE4m3() {
    return operands == OperandFormat.FP8;
  }

  /** Whether it is in integers. */
  boolean isInt8() {
    return operands == OperandFormat.INT8;
  }

  DType element() {
    return element(operands);
  }

  /** Its elements, in other formats than those of 8 bits. */
  Matrix weight() {
    return Matrix.dense(block.address(), element(), rows, Products.padded(inFeatures));
  }

  /** Its rows in a format of 8 bits. */
  CodedMatrix codes() {
    return CodedMatrix.of(block.address(), rows, inFeatures);
  }

  @Override
  public String describe() {
    return "weight [%d, %d]".formatted(outFeatures, inFeatures);
  }

  @Override
  public long bytes() {
    return block.bytes();
  }

  @Override
  public void close() {
    session.requireOwner();
    block.close();
  }
}
