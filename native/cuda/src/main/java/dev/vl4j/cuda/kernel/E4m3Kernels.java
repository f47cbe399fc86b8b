package dev.vl4j.cuda.kernel;

import java.lang.foreign.Arena;

/**
 * The kernels of {@code e4m3.cu}, one method for each; what is said of {@link Kernels} goes for
 * them, too.
 */
public final class E4m3Kernels {
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

  /**
   * {@code out = x}, in another format.
   *
   * @param x of any format
   * @param scales for int8, [x.rows] of what a 1 stands for; else 0
   */
  public void quantise(Matrix x, long scales, E4m3Matrix out) {
    arguments.clear().typed(x).with(scales);
    launch("quantiseRows", out);
  }

  /**
   * What {@link Kernels#rmsNorm} writes in float32.
   *
   * @param x float32
   * @param weight [columns]
   */
  public void rmsNorm(Matrix x, long weight, float epsilon, E4m3Matrix out) {
    arguments.clear().place(x).with(weight).with(epsilon);
    launch("quantiseRmsNorm", out);
  }

  /**
   * What {@link Kernels#layerNorm} writes in float32.
   *
   * @param x float32
   * @param weight [columns]
   * @param bias [columns]
   */
  public void layerNorm(Matrix x, long weight, long bias, float epsilon, E4m3Matrix out) {
    arguments.clear().place(x).with(weight).with(bias).with(epsilon);
    launch("quantiseLayerNorm", out);
  }

  /**
   * What {@link Kernels#swiGlu} writes in float32.
   *
   * @param gate float32 or bfloat16
   * @param up of the gate's format and stride
   */
  public void swiGlu(Matrix gate, Matrix up, E4m3Matrix out) {
    arguments.clear().with(up.address()).typed(gate);
    launch("quantiseSwiGlu", out);
  }

  private void launch(String kernel, E4m3Matrix out) {
    if (out.rows() == 0 || out.columns() == 0) {
      return;
    }
    arguments.with(out.columns()).with(out.codes()).with(out.stride()).with(out.scales());
    arguments.with(out.counts()).with(out.outliers());
    launcher.launch(kernel, out.rows(), Kernels.rowThreads(out.columns()), 0, arguments);
  }

  /**
   * Adds to a product what it lacks: {@code x} times the weight, with the outliers as they were.
   *
   * @param x with its outliers
   * @param scaled whether the product has been multiplied by the scales of rows and columns
   * @param y float32 or bfloat16, [x.rows, weight.rows]
   */
  public void addOutliers(E4m3Matrix x, E4m3Matrix weight, boolean scaled, Matrix y) {
    if (y.rows() == 0 || y.columns() == 0) {
      return;
    }
    arguments.clear().with(x.counts()).with(x.outliers()).with(scaled ? x.scales() : 0);
    arguments.with(weight.codes()).with(weight.stride()).with(scaled ? weight.scales() : 0);
    arguments.typed(y).with(y.rows()).with(y.columns());
    long tiles = (long) Math.ceilDiv(y.rows(), TILE_ROWS) * Math.ceilDiv(y.columns(), TILE_COLUMNS);
    launcher.launch("addOutliers", Math.toIntExact(tiles), TILE_THREADS, 0, arguments);
  }
}
