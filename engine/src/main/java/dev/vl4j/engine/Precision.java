package dev.vl4j.engine;

import java.util.Locale;

/**
 * In what format the operands of matrix products are. Weights are kept in the memory that this
 * takes; sums, norms, softmax, residuals and the head are float32 or better in any case.
 */
public enum Precision {
  /**
   * As the checkpoint stores its linear layers. {@link #INT8} for one in int8 (W8A8), in which the
   * layers that it leaves unquantised stay so: they and all other checkpoints are computed in
   * {@link #BF16} if they are stored in bfloat16 and the backend has kernels for it, else in {@link
   * #F32}, which is then as fast and closer to the truth.
   *
   * <p>So a score depends on the processor in its last digits. Where it must not, name a precision.
   */
  AUTO,
  /** float32: agrees with PyTorch in float32. */
  F32,
  /** bfloat16, both operands rounded to nearest even. */
  BF16,
  /**
   * 8-bit integers in all linear layers, with steps for each row of weights and for each token.
   * Weights that are stored in int8 are taken as they are, others rounded. Attention is in
   * bfloat16.
   */
  INT8;

  /** As on the command line: {@code f32}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
