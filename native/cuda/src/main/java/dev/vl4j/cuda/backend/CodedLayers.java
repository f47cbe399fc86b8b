package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Tensor;

/**
 * Linear layers of 8 bits: the input's rows in the layer's format, and around the product, which is
 * each format's own, what all of them do alike.
 *
 * @param <A> an activation in the format
 */
abstract sealed class CodedLayers<A> permits E4m3Layers, Int8Layers {
  final Session session;

  CodedLayers(Session session) {
    this.session = session;
  }

  /** An operand in the format, whose handle somebody else holds. */
  abstract CodedOperand<A> own(Operand handle);

  /** An operand in memory of {@link #bytes}. */
  abstract CodedOperand<A> operand(DeviceBlock block, int rows, int columns);

  /** Bytes of an operand. */
  abstract long bytes(int rows, int columns);

  /** The layer of an input in the format. */
  abstract void run(A x, CudaLinear weight, Epilogue epilogue, Operand out);

  /** Computes what {@link dev.vl4j.kernels.Forward#linear} says. */
  final void run(Operand x, CudaLinear weight, Epilogue epilogue, Operand out) {
    if (x.rows() == 0) {
      return;
    }
    if (!(x instanceof Tensor)) {
      run(own(x).activation(), weight, epilogue, out);
      return;
    }
    try (DeviceBlock block = session.pool().allocate(bytes(x.rows(), x.columns()))) {
      CodedOperand<A> coded = operand(block, x.rows(), x.columns());
      coded.quantise(session.tensor(x).matrix());
      run(coded.activation(), weight, epilogue, out);
    }
  }

  /**
   * What a gated layer makes of its two products.
   *
   * @param both [rows, weight.rows]: the gate and, in the other half of the columns, what it gates
   */
  final void gate(Matrix both, CudaLinear weight, Operand out) {
    int half = weight.rows() / 2;
    Matrix gate = both.columns(0, weight.outFeatures());
    Matrix up = both.columns(half, half + weight.outFeatures());
    if (out instanceof CodedOperand<?> coded) {
      session.coded(coded).swiGlu(gate, up);
    } else {
      session.kernels().swiGlu(gate, up, session.written(out));
    }
  }
}
