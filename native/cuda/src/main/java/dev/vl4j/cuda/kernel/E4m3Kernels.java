package dev.vl4j.cuda.kernel;

import java.lang.foreign.Arena;

/**
 * The kernels of {@code e4m3.cu}, one method for each; what is said of {@link Kernels} goes for
 * them, too. In this format a weight is an activation without outliers.
 */
public final class E4m3Kernels implements CodedKernels<E4m3Activation> {
  /** Rows and columns of a block's tile. */
  private static final int TILE_ROWS = 8;

  private static final int TILE_COLUMNS = 1024;
  private static final int TILE_THREADS = 256;

  private final Launcher launcher;
  private final Arguments arguments = new Arguments(Arena.ofAuto());

  /**
   * @param launcher of the sources as they are compiled for the target
   */
  public E4m3Kernels(Launcher launcher) {
    this.launcher = launcher;
  }

  @Override
  public void weight(Matrix x, long scales, CodedMatrix out) {
    arguments.clear().typed(x).with(scales).with(out.columns());
    arguments.coded(out).with(0L).with(0L);
    launch("quantiseRows", out);
  }

  @Override
  public void quantise(Matrix x, E4m3Activation out) {
    arguments.clear().typed(x).with(0L);
    launch("quantiseRows", out);
  }

  @Override
  public void rmsNorm(Matrix x, long weight, float epsilon, E4m3Activation out) {
    arguments.clear().place(x).with(weight).with(epsilon);
    launch("quantiseRmsNorm", out);
  }

  @Override
  public void layerNorm(Matrix x, long weight, long bias, float epsilon, E4m3Activation out) {
    arguments.clear().place(x).with(weight).with(bias).with(epsilon);
    launch("quantiseLayerNorm", out);
  }

  @Override
  public void swiGlu(Matrix gate, Matrix up, E4m3Activation out) {
    arguments.clear().with(up.address()).typed(gate);
    launch("quantiseSwiGlu", out);
  }

  private void launch(String kernel, E4m3Activation out) {
    arguments.with(out.coded().columns()).coded(out.coded());
    arguments.with(out.counts()).with(out.outliers());
    launch(kernel, out.coded());
  }

  private void launch(String kernel, CodedMatrix out) {
    if (out.rows() > 0 && out.columns() > 0) {
      launcher.launch(kernel, out.rows(), Kernels.rowThreads(out.columns()), 0, arguments);
    }
  }

  /**
   * Adds to a product what it lacks: {@code x} times the weight, with the outliers as they were.
   *
   * @param x as the product has read it
   * @param scaled whether the product has been multiplied by the scales of rows and columns
   * @param y float32 or bfloat16, [x.rows, weight.rows]
   */
  public void addOutliers(E4m3Activation x, CodedMatrix weight, boolean scaled, Matrix y) {
    if (y.rows() == 0 || y.columns() == 0) {
      return;
    }
    arguments.clear().with(x.counts()).with(x.outliers()).with(scaled ? x.coded().scales() : 0);
    arguments.with(weight.codes()).with(weight.stride()).with(scaled ? weight.scales() : 0);
    arguments.typed(y).with(y.rows()).with(y.columns());
    long tiles = (long) Math.ceilDiv(y.rows(), TILE_ROWS) * Math.ceilDiv(y.columns(), TILE_COLUMNS);
    launcher.launch("addOutliers", Math.toIntExact(tiles), TILE_THREADS, 0, arguments);
  }
}
