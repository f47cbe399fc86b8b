package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.device.Gpu;
import dev.vl4j.cuda.driver.Driver;
import dev.vl4j.cuda.driver.LaunchQueue;
import dev.vl4j.cuda.kernel.AttentionKernels;
import dev.vl4j.cuda.kernel.AttentionKind;
import dev.vl4j.cuda.kernel.E4m3Kernels;
import dev.vl4j.cuda.kernel.Int8Kernels;
import dev.vl4j.cuda.kernel.Kernels;
import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.cuda.kernel.Target;
import dev.vl4j.device.backend.DeviceHandle;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.device.memory.DevicePool;
import dev.vl4j.device.memory.Staging;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Support;
import dev.vl4j.kernels.Tensor;

/** What a backend shares with everything that it hands out. */
record Session(
    Gpu gpu,
    LaunchQueue launches,
    DevicePool pool,
    Staging staging,
    Target target,
    Kernels kernels,
    AttentionKernels attentionKernels,
    E4m3Kernels e4m3,
    Int8Kernels int8,
    Products products) {

  Driver driver() {
    return gpu.driver();
  }

  long stream() {
    return gpu.stream();
  }

  /** To be called first by whatever uses the device: see {@link Gpu#enter}. */
  void enter() {
    gpu.enter();
  }

  /** For what asks nothing of the device. */
  void requireOwner() {
    gpu.requireOwner();
  }

  /**
   * What a handle stands for, which must be of this backend and open.
   *
   * @param what it must be, for the message
   */
  <T extends Resident> T own(Class<T> type, Object handle, String what) {
    return DeviceHandle.own(gpu, type, handle, what);
  }

  CudaTensor tensor(Object handle) {
    return own(CudaTensor.class, handle, "a tensor");
  }

  CudaLinear linear(Object handle) {
    return own(CudaLinear.class, handle, "a weight");
  }

  CudaTable table(Object handle) {
    return own(CudaTable.class, handle, "a table");
  }

  CudaIndices indices(Object handle) {
    return own(CudaIndices.class, handle, "row numbers");
  }

  CudaRotary rotary(Object handle) {
    return own(CudaRotary.class, handle, "a rotary");
  }

  CudaKeyValues keyValues(Object handle) {
    return own(CudaKeyValues.class, handle, "keys and values");
  }

  /** Memory for an operand of a product, its padding zero, everything else undefined. */
  CudaOperand operand(DeviceBlock block, DType element, int rows, int columns) {
    if (columns % Products.GROUP != 0 && rows > 0) {
      driver().memory().fill(block.address(), (byte) 0, block.bytes(), stream());
    }
    return new CudaOperand(this, block, element, rows, columns);
  }

  CudaOperand operand(Object handle) {
    return own(CudaOperand.class, handle, "an operand");
  }

  /** An operand of products of 8 bits. */
  CodedOperand<?> coded(CodedOperand<?> operand) {
    return own(CodedOperand.class, operand, "an operand");
  }

  E4m3Operand e4m3Operand(Object handle) {
    return own(E4m3Operand.class, handle, "an operand in E4M3");
  }

  Int8Operand int8Operand(Object handle) {
    return own(Int8Operand.class, handle, "an operand of integers");
  }

  /** Queries in the format in which attention of this shape reads them. */
  CudaOperand queries(Object handle, AttentionShape shape) {
    CudaOperand queries = own(CudaOperand.class, handle, "queries");
    if (queries.element() != AttentionKernels.format(shape)) {
      throw new BackendException(
          "queries are %s in %s, expected %s"
              .formatted(queries.describe(), queries.element(), AttentionKernels.format(shape)));
    }
    return queries;
  }

  /** A matrix that an operation writes. */
  Matrix written(Operand out) {
    return out instanceof Tensor ? tensor(out).written() : operand(out).matrix();
  }

  /** How attention over heads of a size is computed. */
  Support support(OperandFormat operands, int headSize) {
    boolean rounded = operands == OperandFormat.INT8 || operands == OperandFormat.FP8;
    if (rounded || headSize < 1 || headSize > AttentionKind.largestHead()) {
      return Support.NONE;
    }
    AttentionKind kind = AttentionKind.of(target, new AttentionShape(1, 1, headSize, 1, operands));
    // The kernel for all head sizes computes in float32.
    return kind == AttentionKind.PLAIN && operands != OperandFormat.F32
        ? Support.EMULATED
        : Support.KERNELS;
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
