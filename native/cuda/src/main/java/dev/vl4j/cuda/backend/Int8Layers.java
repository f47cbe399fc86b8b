package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.Int8Matrix;
import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Linear layers in integers: an exact product of low digits, and a kernel for everything else,
 * which also multiplies the few high digits that there are.
 */
final class Int8Layers {
  private final Session session;

  Int8Layers(Session session) {
    this.session = session;
  }

  /** Computes what {@link dev.vl4j.kernels.Forward#linear} says. */
  void run(Operand x, CudaLinear weight, Epilogue epilogue, Operand out) {
    if (x.rows() == 0) {
      return;
    }
    if (!(x instanceof Tensor)) {
      run(session.int8Operand(x).matrix(), weight, epilogue, out);
      return;
    }
    long bytes = Int8Matrix.activationBytes(x.rows(), x.columns());
    try (DeviceBlock block = session.pool().allocate(bytes)) {
      Int8Matrix codes = Int8Matrix.activation(block.address(), x.rows(), x.columns());
      session.int8().quantise(session.tensor(x).matrix(), codes);
      run(codes, weight, epilogue, out);
    }
  }

  private void run(Int8Matrix x, CudaLinear weight, Epilogue epilogue, Operand out) {
    int columns = weight.rows();
    try (DeviceBlock block = session.pool().allocate((long) x.rows() * columns * Integer.BYTES)) {
      session.products().multiply(x, weight.integers(), block.address());
      if (weight.gated()) {
        runGated(x, weight, block, out);
      } else if (out instanceof CodedOperand coded) {
        Matrix whole = Matrix.dense(block.address(), DType.F32, x.rows(), columns);
        Matrix to = whole.columns(0, weight.outFeatures());
        finish(x, weight, block, epilogue, to);
        session.coded(coded).quantise(to);
      } else {
        finish(x, weight, block, epilogue, session.written(out));
      }
    }
  }

  private void finish(
      Int8Matrix x, CudaLinear weight, DeviceBlock sums, Epilogue epilogue, Matrix to) {
    Tensor bias = epilogue.bias();
    Tensor residual = epilogue.residual();
    finish(
        x,
        weight,
        sums,
        bias == null ? 0 : session.tensor(bias).matrix().address(),
        epilogue.activation(),
        residual == null ? null : session.tensor(residual).matrix(),
        to);
  }

  private void finish(
      Int8Matrix x,
      CudaLinear weight,
      DeviceBlock sums,
      long bias,
      Activation activation,
      @Nullable Matrix residual,
      Matrix to) {
    session
        .int8()
        .epilogue(
            sums.address(), weight.rows(), x, weight.integers(), bias, activation, residual, to);
  }

  /** Both products in bfloat16, as PyTorch rounds them. */
  private void runGated(Int8Matrix x, CudaLinear weight, DeviceBlock sums, Operand out) {
    int columns = weight.rows();
    long bytes = (long) x.rows() * columns * DType.BF16.bytes();
    try (DeviceBlock block = session.pool().allocate(bytes)) {
      Matrix both = Matrix.dense(block.address(), DType.BF16, x.rows(), columns);
      finish(x, weight, sums, 0, Activation.NONE, null, both);
      Matrix gate = both.columns(0, weight.outFeatures());
      Matrix up = both.columns(columns / 2, columns / 2 + weight.outFeatures());
      if (out instanceof CodedOperand coded) {
        session.coded(coded).swiGlu(gate, up);
      } else {
        session.kernels().swiGlu(gate, up, session.written(out));
      }
    }
  }
}
