package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.backend.ProductKind.Finish;
import dev.vl4j.cuda.driver.CublasLt;
import dev.vl4j.cuda.kernel.Kernels;
import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Linear layers: a product, and what becomes of it. The product does as much of that itself as
 * gives the same numbers; a kernel does the rest, from sums in float32.
 *
 * <p>A product reads and writes matrices where they lie if it can. Tensors of odd widths, and views
 * that begin anywhere, go through temporaries.
 */
final class LinearLayers {
  private final Session session;
  private final Kernels kernels;
  private final Products products;
  private final E4m3Layers e4m3;
  private final Int8Layers int8;

  LinearLayers(Session session) {
    this.session = session;
    this.kernels = session.kernels();
    this.products = session.products();
    e4m3 = new E4m3Layers(session);
    int8 = new Int8Layers(session);
  }

  /** Those in E4M3. */
  E4m3Layers e4m3() {
    return e4m3;
  }

  /** Computes what {@link dev.vl4j.kernels.Forward#linear} says. */
  void run(Operand x, CudaLinear weight, Epilogue epilogue, Operand out) {
    if (weight.isE4m3()) {
      e4m3.run(x, weight, epilogue, out);
    } else if (weight.isInt8()) {
      int8.run(x, weight, epilogue, out);
    } else if (out instanceof CodedOperand<?> coded) {
      // The float32 results of the layer, rounded once.
      try (DeviceBlock block = temporary(DType.F32, out.rows(), out.columns())) {
        Matrix to = Matrix.dense(block.address(), DType.F32, out.rows(), out.columns());
        run(x, weight, epilogue, to, to);
        session.coded(coded).quantise(to);
      }
    } else {
      Matrix to = session.written(out);
      run(x, weight, epilogue, to, out instanceof Tensor ? to : session.operand(out).padded());
    }
  }

  /**
   * @param direct {@code to}, with the zeros behind its last column if it has some
   */
  private void run(Operand x, CudaLinear weight, Epilogue epilogue, Matrix to, Matrix direct) {
    if (!(x instanceof Tensor)) {
      CudaOperand operand = session.operand(x);
      if (operand.element() != weight.element()) {
        throw new BackendException(
            "linear: x is %s in %s, expected %s"
                .formatted(operand.describe(), operand.element(), weight.element()));
      }
      run(operand.padded(), weight, epilogue, to, direct);
      return;
    }
    Matrix tensor = session.tensor(x).matrix();
    if (tensor.element() == weight.element() && Products.takes(tensor)) {
      run(tensor, weight, epilogue, to, direct);
      return;
    }
    int columns = weight.weight().columns();
    try (DeviceBlock block = temporary(weight.element(), x.rows(), columns)) {
      Matrix rounded = Matrix.dense(block.address(), weight.element(), x.rows(), columns);
      kernels.convert(tensor, 0, rounded);
      run(rounded, weight, epilogue, to, direct);
    }
  }

  private DeviceBlock temporary(DType element, int rows, int columns) {
    return session.pool().allocate((long) rows * columns * element.bytes());
  }

  /**
   * @param x as products take it
   */
  private void run(Matrix x, CudaLinear weight, Epilogue epilogue, Matrix to, Matrix direct) {
    CudaTensor bias = epilogue.bias() == null ? null : session.tensor(epilogue.bias());
    Matrix residual =
        epilogue.residual() == null ? null : session.tensor(epilogue.residual()).matrix();
    if (x.rows() == 0) {
      return;
    }
    if (weight.gated()) {
      runGated(x, weight, to);
      return;
    }
    boolean takes = Products.takes(direct);
    long rounded = bias == null ? 0 : biasOf(bias, to.element());
    Finish finish = takes ? finish(weight, epilogue, rounded, to, residual) : null;
    if (finish != null) {
      products.multiply(x, weight.weight(), residual, finish, rounded, direct);
      return;
    }
    long address = bias == null ? 0 : bias.matrix().address();
    if (takes && direct.element() == DType.F32) {
      products.multiply(x, weight.weight(), null, Finish.NONE, 0, direct);
      kernels.epilogue(to, address, epilogue.activation(), residual, to);
      return;
    }
    int columns = weight.rows();
    try (DeviceBlock block = temporary(DType.F32, x.rows(), columns)) {
      Matrix sums = Matrix.dense(block.address(), DType.F32, x.rows(), columns);
      products.multiply(x, weight.weight(), null, Finish.NONE, 0, sums);
      kernels.epilogue(sums, address, epilogue.activation(), residual, to);
    }
  }

  /** The bias as a product reads it, or 0. */
  private static long biasOf(CudaTensor bias, DType result) {
    return result == DType.BF16 ? bias.rounded() : bias.matrix().address();
  }

  /** What the product itself can do, or null if that is not all that is to be done. */
  private static @Nullable Finish finish(
      CudaLinear weight, Epilogue epilogue, long bias, Matrix out, @Nullable Matrix residual) {
    Activation activation = epilogue.activation();
    // Of float32 operands, products are float32.
    if (weight.element() == DType.F32 && out.element() != DType.F32) {
      return null;
    }
    if (residual != null && (!Products.takes(residual) || activation != Activation.NONE)) {
      return null;
    }
    if (epilogue.bias() == null) {
      return activation == Activation.NONE ? Finish.NONE : null;
    }
    // All float32 products of a weight have one algorithm, which is not asked to do more.
    if (weight.element() != DType.BF16
        || bias == 0
        || bias % CublasLt.ALIGNMENT != 0
        || weight.rows() != weight.outFeatures()) {
      return null;
    }
    return switch (activation) {
      case NONE -> Finish.BIAS;
      // The approximation is good enough for what is rounded to bfloat16.
      case GELU_TANH -> out.element() == DType.BF16 ? Finish.BIAS_GELU_TANH : null;
      case GELU_ERF -> null;
    };
  }

  /** Both products at once, in the operands' format, as PyTorch rounds them. */
  private void runGated(Matrix x, CudaLinear weight, Matrix out) {
    int columns = weight.rows();
    try (DeviceBlock block = temporary(weight.element(), x.rows(), columns)) {
      Matrix both = Matrix.dense(block.address(), weight.element(), x.rows(), columns);
      products.multiply(x, weight.weight(), null, Finish.NONE, 0, both);
      Matrix gate = both.columns(0, weight.outFeatures());
      int up = columns / 2;
      kernels.swiGlu(gate, both.columns(up, up + weight.outFeatures()), out);
    }
  }
}
