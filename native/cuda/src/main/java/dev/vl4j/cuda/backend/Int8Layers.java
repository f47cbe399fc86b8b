package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.Int8Activation;
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
final class Int8Layers extends CodedLayers<Int8Activation> {
  Int8Layers(Session session) {
    super(session);
  }

  @Override
  Int8Operand own(Operand handle) {
    return session.int8Operand(handle);
  }

  @Override
  Int8Operand operand(DeviceBlock block, int rows, int columns) {
    return new Int8Operand(session, block, rows, columns);
  }

  @Override
  long bytes(int rows, int columns) {
    return Int8Activation.bytes(rows, columns);
  }

  @Override
  void run(Int8Activation x, CudaLinear weight, Epilogue epilogue, Operand out) {
    int columns = weight.rows();
    try (DeviceBlock block =
        session.pool().allocate((long) x.coded().rows() * columns * Integer.BYTES)) {
      session.products().multiplyInt8(x.coded(), weight.codes(), block.address());
      if (weight.gated()) {
        runGated(x, weight, block, out);
      } else if (out instanceof CodedOperand<?> coded) {
        Matrix whole = Matrix.dense(block.address(), DType.F32, x.coded().rows(), columns);
        Matrix to = whole.columns(0, weight.outFeatures());
        finish(x, weight, block, epilogue, to);
        session.coded(coded).quantise(to);
      } else {
        finish(x, weight, block, epilogue, session.written(out));
      }
    }
  }

  private void finish(
      Int8Activation x, CudaLinear weight, DeviceBlock sums, Epilogue epilogue, Matrix to) {
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
      Int8Activation x,
      CudaLinear weight,
      DeviceBlock sums,
      long bias,
      Activation activation,
      @Nullable Matrix residual,
      Matrix to) {
    session
        .int8()
        .epilogue(sums.address(), weight.rows(), x, weight.codes(), bias, activation, residual, to);
  }

  /** Both products in bfloat16, as PyTorch rounds them. */
  private void runGated(Int8Activation x, CudaLinear weight, DeviceBlock sums, Operand out) {
    int columns = weight.rows();
    long bytes = (long) x.coded().rows() * columns * DType.BF16.bytes();
    try (DeviceBlock block = session.pool().allocate(bytes)) {
      Matrix both = Matrix.dense(block.address(), DType.BF16, x.coded().rows(), columns);
      finish(x, weight, sums, 0, Activation.NONE, null, both);
      gate(both, weight, out);
    }
  }
}
