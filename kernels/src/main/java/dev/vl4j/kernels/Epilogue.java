package dev.vl4j.kernels;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a linear layer does to its product before it is written: {@code residual + activation(x W' +
 * bias)}.
 *
 * @param bias [1, outFeatures], or null
 * @param activation of the product with its bias
 * @param residual [rows, outFeatures], or null; must not share memory with the output
 */
public record Epilogue(@Nullable Tensor bias, Activation activation, @Nullable Tensor residual) {
  /** The product is written as it is. */
  public static final Epilogue NONE = new Epilogue(null, Activation.NONE, null);

  /**
   * @throws NullPointerException if the activation is null
   */
  public Epilogue {
    Objects.requireNonNull(activation, "activation");
  }

  /** {@code x W' + bias}. */
  public static Epilogue bias(Tensor bias) {
    Objects.requireNonNull(bias, "bias");
    return new Epilogue(bias, Activation.NONE, null);
  }

  /** {@code activation(x W' + bias)}. */
  public static Epilogue bias(Tensor bias, Activation activation) {
    Objects.requireNonNull(bias, "bias");
    return new Epilogue(bias, activation, null);
  }

  /** {@code residual + x W'}. */
  public static Epilogue residual(Tensor residual) {
    Objects.requireNonNull(residual, "residual");
    return new Epilogue(null, Activation.NONE, residual);
  }

  /** {@code residual + x W' + bias}. */
  public static Epilogue biasAndResidual(Tensor bias, Tensor residual) {
    Objects.requireNonNull(bias, "bias");
    Objects.requireNonNull(residual, "residual");
    return new Epilogue(bias, Activation.NONE, residual);
  }
}
