package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.ascend.operator.View;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;

/**
 * A weight as it is in its file, [rows, inFeatures]: products read it with its dimensions
 * exchanged. Rows of a gated layer are those of the gate, and then those of what it gates.
 */
record AscendLinear(
    Session session,
    DeviceBlock block,
    ElementType type,
    int outFeatures,
    int inFeatures,
    boolean gated,
    OperandFormat operands)
    implements Linear, Resident {
  /** The element type of what a product of this format reads. */
  static ElementType type(OperandFormat operands) {
    return switch (operands) {
      case F32 -> ElementType.F32;
      case BF16 -> ElementType.BF16;
      case INT8, FP8 -> throw new IllegalArgumentException("products of " + operands);
    };
  }

  /** Columns of its product. */
  int products() {
    return gated ? 2 * outFeatures : outFeatures;
  }

  /** [inFeatures, products], as a product reads it. */
  View transposed() {
    return View.dense(block.address(), type, products(), inFeatures).transposed();
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
