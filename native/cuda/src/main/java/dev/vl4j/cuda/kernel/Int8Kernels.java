package dev.vl4j.cuda.kernel;

import dev.vl4j.kernels.Activation;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * The kernels of {@code int8.cu}, one method for each; what is said of {@link Kernels} goes for
 * them, too.
 */
public final class Int8Kernels {
  private final Launcher launcher;
  private final Arguments arguments = new Arguments(Arena.ofAuto());

  /**
   * @param launcher of the sources as they are compiled for the target
   */
  public Int8Kernels(Launcher launcher) {
    this.launcher = launcher;
  }

  /**
   * A weight's rows: integers as they are, others rounded.
   *
   * @param x of any format
   * @param scales for int8, [x.rows] of what a 1 stands for; else 0
   * @param out a weight
   */
  public void weight(Matrix x, long scales, Int8Matrix out) {
    arguments.clear().typed(x).with(scales).with(out.columns());
    arguments.with(out.codes()).with(out.stride()).with(out.scales());
    launch("int8Weight", out);
  }

  /**
   * {@code out = x}, quantised.
   *
   * @param x float32 or bfloat16
   * @param out an activation
   */
  public void quantise(Matrix x, Int8Matrix out) {
    arguments.clear().typed(x);
    launchActivation("int8Rows", out);
  }

  /** What {@link Kernels#rmsNorm} writes in float32. */
  public void rmsNorm(Matrix x, long weight, float epsilon, Int8Matrix out) {
    arguments.clear().place(x).with(weight).with(epsilon);
    launchActivation("int8RmsNorm", out);
  }

  /** What {@link Kernels#layerNorm} writes in float32. */
  public void layerNorm(Matrix x, long weight, long bias, float epsilon, Int8Matrix out) {
    arguments.clear().place(x).with(weight).with(bias).with(epsilon);
    launchActivation("int8LayerNorm", out);
  }

  /** What {@link Kernels#swiGlu} writes in float32. */
  public void swiGlu(Matrix gate, Matrix up, Int8Matrix out) {
    arguments.clear().with(up.address()).typed(gate);
    launchActivation("int8SwiGlu", out);
  }

  private void launchActivation(String kernel, Int8Matrix out) {
    arguments.with(out.columns()).with(out.codes()).with(out.stride()).with(out.scales());
    arguments.with(out.counts()).with(out.outliers()).with(Int8Matrix.capacity(out.columns()));
    launch(kernel, out);
  }

  private void launch(String kernel, Int8Matrix out) {
    if (out.rows() > 0 && out.columns() > 0) {
      launcher.launch(kernel, out.rows(), Kernels.rowThreads(out.columns()), 0, arguments);
    }
  }

  /**
   * {@code out = residual + activation(x w' + bias)} from sums of products.
   *
   * @param sums address of [x.rows, stride] int32: x's low digits times the weight
   * @param bias [columns], or 0
   * @param residual float32, or null
   * @param out float32 or bfloat16; float32 may be where the sums are, with their stride
   */
  public void epilogue(
      long sums,
      int stride,
      Int8Matrix x,
      Int8Matrix weight,
      long bias,
      Activation activation,
      @Nullable Matrix residual,
      Matrix out) {
    if (out.rows() == 0 || out.columns() == 0) {
      return;
    }
    arguments.clear().with(sums).with(stride);
    arguments.with(x.counts()).with(x.outliers()).with(Int8Matrix.capacity(x.columns()));
    arguments.with(x.scales()).with(weight.codes()).with(weight.stride()).with(weight.scales());
    arguments.with(bias).with(Kernels.number(activation));
    arguments.with(residual == null ? 0L : residual.address());
    arguments.with(residual == null ? 0 : residual.stride());
    arguments.typed(out).with(out.rows()).with(out.columns());
    launcher.launch(
        "int8Epilogue", Math.toIntExact(Kernels.blocks(out)), Kernels.THREADS, 0, arguments);
  }
}
