package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.E4m3Activation;
import dev.vl4j.cuda.kernel.E4m3Kernels;
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
final class E4m3Layers extends CodedLayers<E4m3Activation> {
  /** Who multiplies by the scales of rows and columns. */
  enum Scaling {
    /** cuBLASLt, which can do that on compute capability 9.0 from CUDA 12.9 on. */
    PRODUCT,
    /** A kernel, from sums in float32. */
    KERNEL
  }

  private final Kernels kernels;
  private final E4m3Kernels e4m3;
  private final Products products;
  private Scaling scaling = Scaling.PRODUCT;

  E4m3Layers(Session session) {
    super(session);
    kernels = session.kernels();
    e4m3 = session.e4m3();
    products = session.products();
  }

  /** From now on, that does it. */
  void use(Scaling now) {
    scaling = now;
  }

  @Override
  E4m3Operand own(Operand handle) {
    return session.e4m3Operand(handle);
  }

  @Override
  E4m3Operand operand(DeviceBlock block, int rows, int columns) {
    return new E4m3Operand(session, block, rows, columns);
  }

  @Override
  long bytes(int rows, int columns) {
    return E4m3Activation.bytes(rows, columns);
  }

  @Override
  void run(E4m3Activation x, CudaLinear weight, Epilogue epilogue, Operand out) {
    CudaTensor bias = epilogue.bias() == null ? null : session.tensor(epilogue.bias());
    Matrix residual =
        epilogue.residual() == null ? null : session.tensor(epilogue.residual()).matrix();
    if (weight.gated()) {
      runGated(x, weight, out);
    } else if (out instanceof CodedOperand<?> coded) {
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
    return Products.takes(out) && out.columns() == weight.rows();
  }

  private DeviceBlock sums(E4m3Activation x, CudaLinear weight) {
    return session.pool().allocate((long) x.coded().rows() * weight.rows() * Float.BYTES);
  }

  private static Matrix sums(DeviceBlock block, E4m3Activation x, CudaLinear weight) {
    return Matrix.dense(block.address(), DType.F32, x.coded().rows(), weight.rows());
  }

  /** The product with its outliers, and with its scales if it is the product that multiplies. */
  private void multiply(E4m3Activation x, CudaLinear weight, @Nullable Matrix residual, Matrix y) {
    boolean scaled = scaling == Scaling.PRODUCT;
    products.multiplyE4m3(x.coded(), weight.codes(), scaled, residual, y);
    e4m3.addOutliers(x, weight.codes(), scaled, y);
  }

  private void finish(
      E4m3Activation x,
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
        scaled ? 0 : x.coded().scales(),
        scaled ? 0 : weight.codes().scales(),
        bias == null ? 0 : bias.matrix().address(),
        activation,
        residual,
        to);
  }

  /** Both products at once, in bfloat16, as PyTorch rounds them. */
  private void runGated(E4m3Activation x, CudaLinear weight, Operand out) {
    int columns = weight.rows();
    long bytes = (long) x.coded().rows() * columns * DType.BF16.bytes();
    try (DeviceBlock block = session.pool().allocate(bytes)) {
      Matrix both = Matrix.dense(block.address(), DType.BF16, x.coded().rows(), columns);
      if (scaling == Scaling.PRODUCT) {
        multiply(x, weight, null, both);
      } else {
        try (DeviceBlock sums = sums(x, weight)) {
          finish(x, weight, sums(sums, x, weight), null, Activation.NONE, null, both);
        }
      }
      gate(both, weight, out);
    }
  }
}
