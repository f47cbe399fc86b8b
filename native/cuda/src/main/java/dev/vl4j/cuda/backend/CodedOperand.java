package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.CodedKernels;
import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Operands;

/**
 * What a product of 8 bits reads: rows of codes, each with a scale. A scale takes the whole row to
 * find, so an operation writes such rows as a whole.
 *
 * @param <A> an activation in the format
 */
sealed interface CodedOperand<A> extends Operand, Resident permits E4m3Operand, Int8Operand {
  /** Where its rows lie. */
  A activation();

  /** What writes such rows. */
  CodedKernels<A> kernels();

  /** Becomes what a matrix is, of float32 or bfloat16. */
  default void quantise(Matrix x) {
    kernels().quantise(x, activation());
  }

  /** Becomes what {@link dev.vl4j.cuda.kernel.Kernels#rmsNorm} gives in float32. */
  default void rmsNorm(Matrix x, long weight, float epsilon) {
    kernels().rmsNorm(x, weight, epsilon, activation());
  }

  /** Becomes what {@link dev.vl4j.cuda.kernel.Kernels#layerNorm} gives in float32. */
  default void layerNorm(Matrix x, long weight, long bias, float epsilon) {
    kernels().layerNorm(x, weight, bias, epsilon, activation());
  }

  /** Becomes what {@link dev.vl4j.cuda.kernel.Kernels#swiGlu} gives in float32. */
  default void swiGlu(Matrix gate, Matrix up) {
    kernels().swiGlu(gate, up, activation());
  }

  @Override
  default String describe() {
    return "operand " + Operands.shape(this);
  }
}
