package dev.vl4j.kernels;

/**
 * To what the operands of a matrix product are rounded before they are multiplied; sums are always
 * float32. Bf16 weights are exact in both.
 */
public enum OperandFormat {
  /** Activations and weights as they are. */
  F32,
  /** Activations and weights rounded to bfloat16, to nearest even. */
  BF16
}
