package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.E4m3Kernels;
import dev.vl4j.cuda.kernel.E4m3Matrix;
import dev.vl4j.cuda.kernel.Kernels;
import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Linear layers in E4M3: a product, what it lacks of outliers, and what becomes of it. A residual
 * is added by the product; bias and activation come after the outliers, by a kernel.
 */
final class E4m3Layers {
  /** Who multiplies by the scales of rows and columns. */
  enum Scaling {
    /** cuBLASLt, which can do that on compute capability 9.0 from CUDA 12.9 on. */
    PRODUCT,
    /** A kernel, from sums in float32. */
    KERNEL
  }

  private final Session session;
  private final Kernels kernels;
  private final E4m3Kernels e4m3;
  private final Products products;
  private Scaling scaling = Scaling.PRODUCT;

  E4m3Layers(Session session) {
    this.session = session;
    kernels = session.kernels();
    e4m3 = session.e4m3();
    products = session.products();
  }

  /** From now on, that does it. */
  void use(Scaling now) {
    scaling = now;
  }

  /** Computes what {@link dev.vl4j.kernels.Forward#linear} says. */
  void run(Operand x, CudaLinear weight, Epilogue epilogue, Operand out) {
    if (x.rows() == 0) {
      return;
    }
    if (!(x instanceof Tensor)) {
      run(session.e4m3Operand(x).matrix(), weight, epilogue, out);
      return;
    }
    try (DeviceBlock block =
        session.pool().allocate(E4m3Matrix.activationBytes(x.rows(), x.columns()))) {
      E4m3Matrix codes = E4m3Matrix.activation(block.address(), x.rows(), x.columns());
      e4m3.quantise(session.tensor(x).matrix(), 0, codes);
      run(codes, weight, epilogue, out);
    }
  }

  private void run(E4m3Matrix x, CudaLinear weight, Epilogue epilogue, Operand out) {
    CudaTensor bias = epilogue.bias() == null ? null : session.tensor(epilogue.bias());
    Matrix residual =
        epilogue.residual() == null ? null : session.tensor(epilogue.residual()).matrix();
    if (weight.gated()) {
      runGated(x, weight, out);
    } else if (out instanceof CodedOperand coded) {
      try (DeviceBlock block = sums(x, weight)) {
        Matrix sums = sums(block, x, weight);
        Matrix to = sums.columns(0, weight.outFeatures());
        finish(x, weight, sums, bias, epilogue.activation(), residual, to);
        session.coded(coded).quantise(to);
      }
    } else {
      Matrix to = session.written(out);
      Matrix direct = out instanceof Tensor ? to : session.operand(out).padded();
      if (scaling == Scaling.PRODUCT
          && bias == null
          && epilogue.activation() == Activation.NONE
          && isWrittenWhole(direct, weight)
          && (residual == null || Products.takes(residual))) {
        multiply(x, weight, residual, direct);
        return;
      }
      try (DeviceBlock block = sums(x, weight)) {
        finish(x, weight, sums(block, x, weight), bias, epilogue.activation(), residual, to);
      }
    }
  }

  private static boolean isWrittenWhole(Matrix out, CudaLinear weight) {
    return Products.takes(out) && out.columns() == weight.codes().rows();
  }

  private DeviceBlock sums(E4m3Matrix x, CudaLinear weight) {
    return session.pool().allocate((long) x.rows() * weight.codes().rows() * Float.BYTES);
  }

  private static Matrix sums(DeviceBlock block, E4m3Matrix x, CudaLinear weight) {
    return Matrix.dense(block.address(), DType.F32, x.rows(), weight.codes().rows());
  }

  /** The product with its outliers, and with its scales if it is the product that multiplies. */
  private void multiply(E4m3Matrix x, CudaLinear weight, @Nullable Matrix residual, Matrix y) {
    boolean scaled = scaling == Scaling.PRODUCT;
    products.multiply(x, weight.codes(), scaled, residual, y);
    e4m3.addOutliers(x, weight.codes(), scaled, y);
  }

  private void finish(
      E4m3Matrix x,
      CudaLinear weight,
      Matrix sums,
      @Nullable CudaTensor bias,
      Activation activation,
      @Nullable Matrix residual,
      Matrix to) {
    multiply(x, weight, null, sums);
    boolean scaled = scaling == Scaling.PRODUCT;
    kernels.epilogue(
        sums,
        scaled ? 0 : x.scales(),
        scaled ? 0 : weight.codes().scales(),
        bias == null ? 0 : bias.matrix().address(),
        activation,
        residual,
        to);
  }

  /** Both products at once, in bfloat16, as PyTorch rounds them. */
  private void runGated(E4m3Matrix x, CudaLinear weight, Operand out) {
    int columns = weight.codes().rows();
    long bytes = (long) x.rows() * columns * DType.BF16.bytes();
    try (DeviceBlock block = session.pool().allocate(bytes)) {
      Matrix both = Matrix.dense(block.address(), DType.BF16, x.rows(), columns);
      if (scaling == Scaling.PRODUCT) {
        multiply(x, weight, null, both);
      } else {
        try (DeviceBlock sums = sums(x, weight)) {
          finish(x, weight, sums(sums, x, weight), null, Activation.NONE, null, both);
        }
      }
      Matrix gate = both.columns(0, weight.outFeatures());
      Matrix up = both.columns(columns / 2, columns / 2 + weight.outFeatures());
      if (out instanceof CodedOperand coded) {
        session.coded(coded).swiGlu(gate, up);
      } else {
        kernels.swiGlu(gate, up, session.written(out));
      }
    }
  }
}
