package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.ascend.operator.Operators;
import dev.vl4j.ascend.operator.View;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Linear layers: a product, and what becomes of it. CANN's products of bfloat16 are bfloat16, so a
 * product is rounded before a residual is added, as PyTorch rounds it; the residual stream itself
 * is float32.
 */
final class LinearLayers {
  private final Session session;
  private final Operators operators;

  LinearLayers(Session session) {
    this.session = session;
    this.operators = session.operators();
  }

  /** Computes what {@link dev.vl4j.kernels.Forward#linear} says. */
  void run(Operand x, AscendLinear weight, Epilogue epilogue, Operand out) {
    View to = session.written(out);
    if (x instanceof Tensor) {
      View tensor = session.tensor(x).elements();
      if (weight.type() == ElementType.F32) {
        finish(tensor, weight, epilogue, to);
        return;
      }
      try (DeviceBlock block = session.temporary(weight.type(), tensor.shape())) {
        View rounded = View.dense(block.address(), weight.type(), tensor.shape());
        copy(tensor, rounded);
        finish(rounded, weight, epilogue, to);
      }
      return;
    }
    AscendOperand operand = session.operand(x);
    if (operand.type() != weight.type()) {
      throw new BackendException(
          "linear: x is %s in %s, expected %s"
              .formatted(operand.describe(), operand.type(), weight.type()));
    }
    finish(operand.elements(), weight, epilogue, to);
  }

  private void copy(View from, View to) {
    if (from.elements() > 0) {
      operators.copy(from, to);
    }
  }

  private void finish(View x, AscendLinear weight, Epilogue epilogue, View out) {
    AscendTensor bias = epilogue.bias() == null ? null : session.tensor(epilogue.bias());
    View residual =
        epilogue.residual() == null ? null : session.tensor(epilogue.residual()).elements();
    long rows = x.shape()[0];
    if (rows == 0) {
      return;
    }
    try (DeviceBlock block = session.temporary(weight.type(), rows, weight.products())) {
      View product = View.dense(block.address(), weight.type(), rows, weight.products());
      if (weight.gated()) {
        operators.matmul(x, weight.transposed(), product);
        gate(product, weight, out);
        return;
      }
      View sum = biased(x, weight, bias, product);
      View active = epilogue.activation() == Activation.NONE ? sum : activated(sum, epilogue);
      if (residual == null) {
        operators.copy(active, out);
      } else {
        operators.add(residual, active, out);
      }
    }
  }

  /** {@code silu(gate) * up}, of products in the operands' type. */
  private void gate(View both, AscendLinear weight, View out) {
    if (out.type() == weight.type() && out.isDense()) {
      operators.swiGlu(both, out);
      return;
    }
    try (DeviceBlock block = session.temporary(weight.type(), out.shape())) {
      View gated = View.dense(block.address(), weight.type(), out.shape());
      operators.swiGlu(both, gated);
      operators.copy(gated, out);
    }
  }

  /** The product with its bias, which a product takes in its own type. */
  private View biased(View x, AscendLinear weight, @Nullable AscendTensor bias, View product) {
    View own =
        bias == null ? null : weight.type() == ElementType.F32 ? bias.vector() : bias.rounded();
    if (own != null) {
      operators.addmm(own, x, weight.transposed(), product);
      return product;
    }
    operators.matmul(x, weight.transposed(), product);
    if (bias != null) {
      // A bias that bfloat16 does not have is added in float32.
      operators.addTo(product, bias.vector());
    }
    return product;
  }

  /** In place: operators on elements read each before they write it. */
  private View activated(View sum, Epilogue epilogue) {
    operators.gelu(sum, epilogue.activation() == Activation.GELU_TANH, sum);
    return sum;
  }
}
