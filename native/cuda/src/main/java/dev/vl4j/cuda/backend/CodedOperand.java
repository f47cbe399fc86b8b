package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Operands;

/**
 * What a product of 8 bits reads: rows of codes, each with a scale. A scale takes the whole row to
 * find, so an operation writes such rows as a whole.
 */
sealed interface CodedOperand extends Operand, Resident permits E4m3Operand, Int8Operand {
  /** Becomes what a matrix is, of float32 or bfloat16. */
  void quantise(Matrix x);

  /** Becomes what {@link dev.vl4j.cuda.kernel.Kernels#rmsNorm} gives in float32. */
  void rmsNorm(Matrix x, long weight, float epsilon);

  /** Becomes what {@link dev.vl4j.cuda.kernel.Kernels#layerNorm} gives in float32. */
  void layerNorm(Matrix x, long weight, long bias, float epsilon);

  /** Becomes what {@link dev.vl4j.cuda.kernel.Kernels#swiGlu} gives in float32. */
  void swiGlu(Matrix gate, Matrix up);

  @Override
  default String describe() {
    return "operand " + Operands.shape(this);
  }
}
