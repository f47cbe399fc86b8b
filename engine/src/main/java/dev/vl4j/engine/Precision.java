package dev.vl4j.engine;

import java.util.Locale;

/**
 * The format of the operands of matrix products. Weights take as much memory as this format does.
 * Sums, norms, softmax, residuals and the head are float32 or better in any case.
 */
public enum Precision {
  /**
   * The format in which the checkpoint stores its linear layers: {@link #INT8} for W8A8 if the
   * backend multiplies integers, {@link #BF16} for bfloat16 if the backend has kernels for it, else
   * {@link #F32}, which is then as fast and closer to the truth. Layers that a W8A8 checkpoint
   * leaves unquantized follow the same rule.
   *
   * <p>So a score depends on the processor in its last digits. Name a precision where it must not.
   */
  AUTO,
  /** float32: agrees with PyTorch in float32. */
  F32,
  /** bfloat16, both operands rounded to nearest even. */
  BF16,
  /**
   * 8-bit integers in all linear layers, with a scale for each row of weights and for each token.
   * Weights that are stored in int8 are taken as they are, others are rounded. Attention is in
   * bfloat16.
   */
  INT8,
  /**
   * 8-bit floating point (E4M3) in all linear layers, with a scale for each row of weights and for
   * each token. Attention is in bfloat16. Only GPUs have it: backend {@code cuda} from compute
   * capability 8.9 on; others refuse to open a model in it.
   */
  FP8;

  /** As on the command line: {@code f32}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
