package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.device.Npu;
import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.ascend.operator.Operators;
import dev.vl4j.ascend.operator.View;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.device.memory.DevicePool;
import dev.vl4j.device.memory.PinnedBuffer;
import dev.vl4j.device.memory.Staging;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Support;
import dev.vl4j.kernels.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** What a backend shares with everything that it hands out. */
record Session(Npu npu, DevicePool pool, Staging staging, Operators operators) {
  /**
   * To be called first by whatever uses the device.
   *
   * @throws BackendException on a thread that the backend does not belong to, or once it is closed
   * @throws dev.vl4j.kernels.DeviceLostException if the device computes nothing any more
   */
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
    if (!type.isInstance(handle)) {
      throw new BackendException(
          "expected %s of this backend, found %s"
              .formatted(what, handle.getClass().getSimpleName()));
    }
    T own = type.cast(handle);
    if (!own.session().equals(this)) {
      throw new BackendException(
          "%s: expected one of %s, found one of %s"
              .formatted(own.describe(), npu, own.session().npu()));
    }
    if (!own.block().isOpen()) {
      throw new BackendException("%s is closed".formatted(own.describe()));
    }
    return own;
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

  /** Enqueues a copy between the device and page-locked memory of the host. */
  interface Copy {
    void enqueue(MemorySegment memory);
  }

  /**
   * Page-locked memory that a copy is enqueued for. Whoever gets it closes it.
   *
   * @param bytes more than 0
   */
  PinnedBuffer pinned(long bytes, Copy copy) {
    PinnedBuffer buffer = staging.take(bytes);
    try {
      copy.enqueue(buffer.memory());
      buffer.submitted();
      return buffer;
    } catch (RuntimeException e) {
      settle(e);
      buffer.close();
      throw e;
    }
  }

  /** Waits for copies that may be under way, so that their memory can be used again. */
  private void settle(RuntimeException failure) {
    try {
      npu.synchronize();
    } catch (BackendException e) {
      failure.addSuppressed(e);
    }
  }

  /**
   * Enqueues bringing to the device what is written to memory of the host.
   *
   * @param filler gets memory of so many bytes, at a multiple of 8
   */
  void upload(long bytes, Consumer<MemorySegment> filler, long to) {
    if (bytes == 0) {
      return;
    }
    pinned(
            bytes,
            memory -> {
              filler.accept(memory);
              npu.upload(to, memory, bytes);
            })
        .close();
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
      case INT8 -> Support.NONE;
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
