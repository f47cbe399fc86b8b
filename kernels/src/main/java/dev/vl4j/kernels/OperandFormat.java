package dev.vl4j.kernels;

/** To what the operands of a matrix product are rounded before they are multiplied. */
public enum OperandFormat {
  /** Activations and weights as they are; sums are float32. */
  F32,
  /** Activations and weights rounded to bfloat16, to nearest even; sums are float32. */
  BF16,
  /** Both in 8-bit integers, as {@link Quantization} defines; sums are exact. */
  INT8,
  /** Both in 8-bit floating point, as {@link E4m3} defines; sums are float32. */
  FP8
}
