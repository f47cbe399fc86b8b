package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;

/**
 * A weight as products read it: rows of inFeatures, padded with zeros to a multiple of {@link
 * Products#GROUP}, and zero rows up to such a multiple, which follow the rows of the gate as well.
 */
record CudaLinear(
    Session session,
    DeviceBlock block,
    Matrix weight,
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
      case INT8 -> throw new IllegalArgumentException("products of INT8");
    };
  }

  DType element() {
    return weight.element();
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
