package dev.vl4j.cuda.kernel;

/**
 * The kernels that every format of 8 bits has, one method for each: those that bring rows into it.
 * What is said of {@link Kernels} goes for them, too.
 *
 * @param <A> an activation in the format
 */
public interface CodedKernels<A> {
  /**
   * A weight's rows, in the format.
   *
   * @param x of any format
   * @param scales for int8, [x.rows] of what a 1 stands for; else 0
   */
  void weight(Matrix x, long scales, CodedMatrix out);

  /**
   * {@code out = x}, in the format.
   *
   * @param x float32 or bfloat16
   */
  void quantise(Matrix x, A out);

  /**
   * What {@link Kernels#rmsNorm} writes in float32.
   *
   * @param x float32
   * @param weight [columns]
   */
  void rmsNorm(Matrix x, long weight, float epsilon, A out);

  /**
   * What {@link Kernels#layerNorm} writes in float32.
   *
   * @param x float32
   * @param weight [columns]
   * @param bias [columns]
   */
  void layerNorm(Matrix x, long weight, long bias, float epsilon, A out);

  /**
   * What {@link Kernels#swiGlu} writes in float32.
   *
   * @param gate float32 or bfloat16
   * @param up of the gate's format and stride
   */
  void swiGlu(Matrix gate, Matrix up, A out);
}
