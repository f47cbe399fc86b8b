package dev.vl4j.kernels;

import org.jspecify.annotations.Nullable;

/**
 * What a linear layer does to its product before it is written: {@code residual + activation(x W' +
 * bias)}.
 *
 * @param bias [1, outFeatures], or null
 * @param residual [rows, outFeatures], or null; must not share memory with the output
 */
public record Epilogue(@Nullable Tensor bias, Activation activation, @Nullable Tensor residual) {
  public static final Epilogue NONE = new Epilogue(null, Activation.NONE, null);

  public static Epilogue bias(Tensor bias) {
    return new Epilogue(bias, Activation.NONE, null);
  }

  public static Epilogue bias(Tensor bias, Activation activation) {
    return new Epilogue(bias, activation, null);
  }

  public static Epilogue residual(Tensor residual) {
    return new Epilogue(null, Activation.NONE, residual);
  }

  public static Epilogue biasAndResidual(Tensor bias, Tensor residual) {
    return new Epilogue(bias, Activation.NONE, residual);
  }
}
