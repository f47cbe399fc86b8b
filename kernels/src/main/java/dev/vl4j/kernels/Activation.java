package dev.vl4j.kernels;

/** Element-wise function at the end of a linear layer. */
public enum Activation {
  /** {@code x} as it is. */
  NONE,
  /** {@code 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))}: the vision blocks' MLP. */
  GELU_TANH,
  /** {@code 0.5 x (1 + erf(x / sqrt(2)))}: the vision mergers' MLP. */
  GELU_ERF
}
