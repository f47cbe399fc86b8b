package dev.vl4j.kernels.cpu;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Support;
import dev.vl4j.kernels.cpu.emitted.EmittedKernels;
import dev.vl4j.kernels.cpu.emitted.EmittedNorms;
import dev.vl4j.kernels.cpu.emitted.PackedOperand;
import dev.vl4j.kernels.cpu.family.KernelFamily;
import dev.vl4j.kernels.cpu.family.Norms;
import dev.vl4j.kernels.cpu.family.WorkerPool;
import dev.vl4j.kernels.cpu.neon.NeonKernels;
import dev.vl4j.kernels.cpu.vector.VectorKernels;
import dev.vl4j.kernels.cpu.vector.VectorNorms;
import dev.vl4j.kernels.memory.HostMemory;
import dev.vl4j.kernels.memory.HostTensor;

/** The kernels of a backend, of all families, and the threads that run them. */
final class CpuKernels implements AutoCloseable {
  private final CpuCode code;
  private final WorkerPool pool;
  private final Norms norms;
  private final EmittedKernels emitted;
  private final NeonKernels neon;
  private final VectorKernels vector;

  CpuKernels(int threads, CpuCode code, HostMemory memory) {
    this.code = code;
    pool = new WorkerPool(threads);
    Norms emittedNorms = EmittedNorms.of(code.x86().tier(), threads);
    norms = emittedNorms == null ? new VectorNorms() : emittedNorms;
    emitted = new EmittedKernels(code.x86(), pool, memory);
    vector = new VectorKernels(pool, memory, code.x86());
    neon = new NeonKernels(code.aarch64(), pool, memory, vector);
  }

  WorkerPool pool() {
    return pool;
  }

  Norms norms() {
    return norms;
  }

  /** How products of a format are computed. */
  Support support(OperandFormat operands) {
    return support(code, operands);
  }

  /** How products of a format are computed with these kernels, or with the Vector API. */
  static Support support(CpuCode code, OperandFormat operands) {
    if (operands == OperandFormat.FP8) {
      return Support.NONE;
    }
    return EmittedKernels.has(code.x86(), operands)
            || NeonKernels.has(code.aarch64(), operands)
            || VectorKernels.isMadeFor(operands)
        ? Support.KERNELS
        : Support.EMULATED;
  }

  /** How attention is computed. */
  Support support(OperandFormat operands, int headSize) {
    boolean rounded = operands == OperandFormat.INT8 || operands == OperandFormat.FP8;
    if (rounded || headSize > VectorKernels.LARGEST_HEAD) {
      return Support.NONE;
    }
    return EmittedKernels.has(code.x86(), operands) || VectorKernels.isMadeFor(operands)
        ? Support.KERNELS
        : Support.EMULATED;
  }

  /** The kernels for a format of operands. */
  KernelFamily family(OperandFormat operands) {
    if (support(operands) == Support.NONE) {
      throw new BackendException(
          "prepare: products in %s are not supported on processors; F32, BF16 and INT8 are"
              .formatted(operands));
    }
    if (NeonKernels.has(code.aarch64(), operands)) {
      return neon;
    }
    return EmittedKernels.has(code.x86(), operands) ? emitted : vector;
  }

  /** The kernels for an attention. */
  KernelFamily family(AttentionShape shape) {
    if (support(shape.operands(), shape.headSize()) == Support.NONE) {
      throw new BackendException(
          "attention: head size %d is over %d"
              .formatted(shape.headSize(), VectorKernels.LARGEST_HEAD));
    }
    return family(shape.operands());
  }

  /** Adds rows to as many others. */
  void add(HostTensor x, HostTensor out) {
    vector.add(x, out);
  }

  /** Rounds a tensor's rows, which may have come from anywhere, to an operand. */
  void round(HostTensor x, PackedOperand out) {
    emitted.round(x, out);
  }

  @Override
  public void close() {
    pool.close();
  }
}
