package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.device.Npu;
import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.ascend.operator.Operators;
import dev.vl4j.ascend.operator.View;
import dev.vl4j.device.backend.DeviceHandle;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.device.memory.DevicePool;
import dev.vl4j.device.memory.Staging;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Support;
import dev.vl4j.kernels.Tensor;

/** What a backend shares with everything that it hands out. */
record Session(Npu npu, DevicePool pool, Staging staging, Operators operators) {
  /** To be called first by whatever uses the device: see {@link Npu#enter}. */
  void enter() {
    npu.enter();
  }

  /** For what asks nothing of the device. */
  void requireOwner() {
    npu.requireOwner();
  }

  /**
   * What a handle stands for, which must be of this backend and open.
   *
   * @param what it must be, for the message
   */
  <T extends Resident> T own(Class<T> type, Object handle, String what) {
    return DeviceHandle.own(npu, type, handle, what);
  }

  AscendTensor tensor(Object handle) {
    return own(AscendTensor.class, handle, "a tensor");
  }

  AscendLinear linear(Object handle) {
    return own(AscendLinear.class, handle, "a weight");
  }

  AscendTable table(Object handle) {
    return own(AscendTable.class, handle, "a table");
  }

  AscendIndices indices(Object handle) {
    return own(AscendIndices.class, handle, "row numbers");
  }

  AscendRotary rotary(Object handle) {
    return own(AscendRotary.class, handle, "a rotary");
  }

  AscendKeyValues keyValues(Object handle) {
    return own(AscendKeyValues.class, handle, "keys and values");
  }

  AscendOperand operand(Object handle) {
    return own(AscendOperand.class, handle, "an operand");
  }

  /** Queries for attention of this shape. */
  AscendQueries queries(Object handle, AttentionShape shape) {
    AscendQueries queries = own(AscendQueries.class, handle, "queries");
    if (!queries.shape().equals(shape)) {
      throw new BackendException(
          "%s are for %s, expected %s".formatted(queries.describe(), queries.shape(), shape));
    }
    return queries;
  }

  /** A matrix that an operation writes. */
  View written(Operand out) {
    return out instanceof Tensor ? tensor(out).written() : operand(out).elements();
  }

  /** Memory that is given back at the end of an operation: what comes later waits for it. */
  DeviceBlock temporary(ElementType type, long... shape) {
    return pool.allocate(View.dense(0, type, shape).elements() * type.bytes());
  }

  /** How attention over heads of a size is computed. */
  static Support support(OperandFormat operands, int headSize) {
    if (headSize < 1 || headSize % 2 != 0) {
      return Support.NONE;
    }
    return switch (operands) {
      case BF16 -> headSize <= HeadPadding.LARGEST ? Support.KERNELS : Support.NONE;
      // Fused attention takes none; products and a softmax do.
      case F32 -> Support.EMULATED;
      case INT8, FP8 -> Support.NONE;
    };
  }

  /**
   * @throws BackendException if attention of this shape is not supported
   */
  void require(String operation, AttentionShape shape) {
    if (support(shape.operands(), shape.headSize()) == Support.NONE) {
      throw new BackendException(
          "%s: attention in %s over heads of size %d is not supported"
              .formatted(operation, shape.operands(), shape.headSize()));
    }
  }
}
