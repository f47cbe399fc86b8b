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
import dev.vl4j.kernels.cpu.vector.VectorKernels;
import dev.vl4j.kernels.cpu.vector.VectorNorms;
import dev.vl4j.kernels.memory.HostMemory;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.MachineCode;

/** The kernels of a backend, of both families, and the threads that run them. */
final class CpuKernels implements AutoCloseable {
  private final MachineCode code;
  private final WorkerPool pool;
  private final Norms norms;
  private final EmittedKernels emitted;
  private final VectorKernels vector;

  CpuKernels(int threads, MachineCode code, HostMemory memory) {
    this.code = code;
    pool = new WorkerPool(threads);
    Norms emittedNorms = EmittedNorms.of(code.tier(), threads);
    norms = emittedNorms == null ? new VectorNorms() : emittedNorms;
    emitted = new EmittedKernels(code, pool, memory);
    vector = new VectorKernels(pool, memory);
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
  static Support support(MachineCode code, OperandFormat operands) {
    return EmittedKernels.has(code, operands) || VectorKernels.isMadeFor(operands)
        ? Support.KERNELS
        : Support.EMULATED;
  }

  /** How attention is computed. */
  Support support(OperandFormat operands, int headSize) {
    return operands == OperandFormat.INT8 || headSize > VectorKernels.LARGEST_HEAD
        ? Support.NONE
        : support(operands);
  }

  /** The kernels for a format of operands. */
  KernelFamily family(OperandFormat operands) {
    return EmittedKernels.has(code, operands) ? emitted : vector;
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

  /** Rounds a tensor's rows, which may have come from anywhere, to an operand. */
  void round(HostTensor x, PackedOperand out) {
    emitted.round(x, out);
  }

  @Override
  public void close() {
    pool.close();
  }
}
