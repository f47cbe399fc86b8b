package dev.vl4j.cuda.kernel;

import dev.vl4j.kernels.Activation;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * The kernels of {@code int8.cu}, one method for each; what is said of {@link Kernels} goes for
 * them, too.
 */
public final class Int8Kernels implements CodedKernels<Int8Activation> {
  private final Launcher launcher;
  private final Arguments arguments = new Arguments(Arena.ofAuto());

  /**
   * @param launcher of the sources as they are compiled for the target
   */
  public Int8Kernels(Launcher launcher) {
    this.launcher = launcher;
  }

  /** Integers stay as they are, others are rounded. */
  @Override
  public void weight(Matrix x, long scales, CodedMatrix out) {
    arguments.clear().typed(x).with(scales).with(out.columns()).coded(out);
    launch("int8Weight", out);
  }

  @Override
  public void quantise(Matrix x, Int8Activation out) {
    arguments.clear().typed(x);
    launch("int8Rows", out);
  }

  @Override
  public void rmsNorm(Matrix x, long weight, float epsilon, Int8Activation out) {
    arguments.clear().place(x).with(weight).with(epsilon);
    launch("int8RmsNorm", out);
  }

  @Override
  public void layerNorm(Matrix x, long weight, long bias, float epsilon, Int8Activation out) {
    arguments.clear().place(x).with(weight).with(bias).with(epsilon);
    launch("int8LayerNorm", out);
  }

  @Override
  public void swiGlu(Matrix gate, Matrix up, Int8Activation out) {
    arguments.clear().with(up.address()).typed(gate);
    launch("int8SwiGlu", out);
  }

  private void launch(String kernel, Int8Activation out) {
    arguments.with(out.coded().columns()).coded(out.coded());
    arguments.with(out.counts()).with(out.outliers()).with(out.capacity());
    launch(kernel, out.coded());
  }

  private void launch(String kernel, CodedMatrix out) {
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
      Int8Activation x,
      CodedMatrix weight,
      long bias,
      Activation activation,
      @Nullable Matrix residual,
      Matrix out) {
    if (out.rows() == 0 || out.columns() == 0) {
      return;
    }
    arguments.clear().with(sums).with(stride);
    arguments.with(x.counts()).with(x.outliers()).with(x.capacity());
    arguments.with(x.coded().scales()).coded(weight);
    arguments.with(bias).with(Kernels.number(activation));
    arguments.with(residual == null ? 0L : residual.address());
    arguments.with(residual == null ? 0 : residual.stride());
    arguments.typed(out).with(out.rows()).with(out.columns());
    launcher.launch(
        "int8Epilogue", Math.toIntExact(Kernels.blocks(out)), Kernels.THREADS, 0, arguments);
  }
}
