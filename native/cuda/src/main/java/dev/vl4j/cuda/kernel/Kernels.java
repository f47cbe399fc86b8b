package dev.vl4j.cuda.kernel;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.DType;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * The kernels on rows of float32 and bfloat16, one method for each: norms, conversions, and what
 * becomes of products. A method enqueues its work and returns; nothing is done for a matrix without
 * elements.
 *
 * <p>Shapes are the caller's to check: a matrix that is read has at least the rows and columns of
 * the one that is written. Addresses that are no matrix's (weights of norms, biases, tables) are
 * float32 or int32 without gaps, at a multiple of 4. A matrix that is written shares no memory with
 * others unless a method says so. A row of a result is computed from its own inputs in a fixed
 * order: it does not depend on other rows, their number, or on alignment.
 *
 * <p>For one thread at a time.
 */
public final class Kernels {
  /** Threads of a block where threads do not work together. */
  static final int THREADS = 256;

  /** Columns that a thread takes at a time, 16 or 32 bytes. */
  private static final int GROUP = 8;

  /** Threads of a warp. */
  static final int WARP = 32;

  private static final int MOST_THREADS = 1024;

  private final Launcher launcher;
  private final Arguments arguments = new Arguments(Arena.ofAuto());

  /**
   * @param launcher of the sources as they are compiled for the target
   */
  public Kernels(Launcher launcher) {
    this.launcher = launcher;
  }

  /**
   * {@code out = x / sqrt(mean(x^2) + epsilon) * weight}, row by row.
   *
   * @param x float32
   * @param weight [columns]
   * @param out float32 or bfloat16; may be {@code x}
   */
  public void rmsNorm(Matrix x, long weight, float epsilon, Matrix out) {
    if (isEmpty(out)) {
      return;
    }
    begin().place(x).with(weight).typed(out).with(out.columns()).with(epsilon);
    launch("rmsNorm", out.rows(), rowThreads(out.columns()));
  }

  /**
   * {@code out = (x - mean(x)) / sqrt(var(x) + epsilon) * weight + bias}, row by row.
   *
   * @param x float32
   * @param weight [columns]
   * @param bias [columns]
   * @param out float32 or bfloat16; may be {@code x}
   */
  public void layerNorm(Matrix x, long weight, long bias, float epsilon, Matrix out) {
    if (isEmpty(out)) {
      return;
    }
    begin().place(x).with(weight).with(bias).typed(out).with(out.columns()).with(epsilon);
    launch("layerNorm", out.rows(), rowThreads(out.columns()));
  }

  /** Whole warps that have a group of columns each, as far as a block reaches. */
  static int rowThreads(int columns) {
    int warps = (columns + GROUP * WARP - 1) / (GROUP * WARP);
    return Math.min(warps * WARP, MOST_THREADS);
  }

  /**
   * {@code to = from}, in another format or layout: copies, rounds operands, brings weights into
   * the products' format. Columns of {@code to} that {@code from} does not have become zero.
   *
   * @param from of any format
   * @param scales for {@link DType#I8}, [from.rows] of what a 1 stands for; else 0
   * @param to float32 or bfloat16
   */
  public void convert(Matrix from, long scales, Matrix to) {
    convertRows(from, scales, 0, to);
  }

  /**
   * Row {@code i} of {@code to} becomes row {@code rows[i]} of {@code from}; else like {@link
   * #convert}.
   *
   * @param rows [to.rows] of int32, each a row of {@code from}
   */
  public void gather(Matrix from, long scales, long rows, Matrix to) {
    convertRows(from, scales, rows, to);
  }

  private void convertRows(Matrix from, long scales, long rows, Matrix to) {
    if (isEmpty(to)) {
      return;
    }
    int columns = Math.min(from.columns(), to.columns());
    begin().typed(from).with(columns).with(scales).with(rows);
    arguments.typed(to).with(to.rows()).with(to.columns());
    launch("convertRows", blocks(to), THREADS);
  }

  /**
   * Adds to row {@code i} of {@code out} the sum over {@code t < taps} of {@code weights[i * taps +
   * t]} times row {@code rows[i * taps + t]} of a table.
   *
   * @param table of any format
   * @param scales as in {@link #convert}
   * @param rows [out.rows * taps] of int32
   * @param weights [out.rows * taps]
   * @param out float32
   */
  public void addInterpolated(
      Matrix table, long scales, long rows, long weights, int taps, Matrix out) {
    if (isEmpty(out)) {
      return;
    }
    begin().typed(table).with(scales).with(rows).with(weights).with(taps);
    arguments.place(out).with(out.rows()).with(out.columns());
    launch("addInterpolated", blocks(out), THREADS);
  }

  /** {@code out += x}, both float32. */
  public void add(Matrix x, Matrix out) {
    if (isEmpty(out)) {
      return;
    }
    begin().place(x).place(out).with(out.rows()).with(out.columns());
    launch("addRows", blocks(out), THREADS);
  }

  /**
   * Looks bytes up. Columns are shared out evenly and in order: with three tables, bytes of the
   * first third are looked up in the first.
   *
   * @param samples bytes [out.rows, out.columns] without gaps
   * @param tableValues [tables][256]
   * @param tables divides the columns
   * @param out float32
   */
  public void lookUp(long samples, long tableValues, int tables, Matrix out) {
    if (isEmpty(out)) {
      return;
    }
    begin().with(samples).with(tableValues).with(out.columns() / tables);
    arguments.place(out).with(out.rows()).with(out.columns());
    launch("lookUp", blocks(out), THREADS);
  }

  /**
   * {@code out = silu(gate) * up}.
   *
   * @param gate float32 or bfloat16
   * @param up of the gate's format and stride
   * @param out float32 or bfloat16
   */
  public void swiGlu(Matrix gate, Matrix up, Matrix out) {
    if (isEmpty(out)) {
      return;
    }
    begin().with(up.address()).typed(gate);
    arguments.typed(out).with(out.rows()).with(out.columns());
    launch("swiGlu", blocks(out), THREADS);
  }

  /**
   * {@code out = residual + activation(x + bias)}.
   *
   * @param x float32
   * @param bias [columns], or 0
   * @param residual float32, or null
   * @param out float32 or bfloat16; may be {@code x} or the residual
   */
  public void epilogue(
      Matrix x, long bias, Activation activation, @Nullable Matrix residual, Matrix out) {
    epilogue(x, 0, 0, bias, activation, residual, out);
  }

  /**
   * {@code out = residual + activation(x * rowScale * columnScale + bias)}; else as above.
   *
   * @param rowScales [rows], or 0
   * @param columnScales [columns], or 0 without {@code rowScales}
   */
  public void epilogue(
      Matrix x,
      long rowScales,
      long columnScales,
      long bias,
      Activation activation,
      @Nullable Matrix residual,
      Matrix out) {
    if (isEmpty(out)) {
      return;
    }
    begin().place(x).with(rowScales).with(columnScales).with(bias);
    arguments.with(number(activation));
    arguments.with(residual == null ? 0L : residual.address());
    arguments.with(residual == null ? 0 : residual.stride());
    arguments.typed(out).with(out.rows()).with(out.columns());
    launch("epilogue", blocks(out), THREADS);
  }

  /** The number of an activation in {@code functions.cu}. */
  static int number(Activation activation) {
    return switch (activation) {
      case NONE -> 0;
      case GELU_TANH -> 1;
      case GELU_ERF -> 2;
    };
  }

  private Arguments begin() {
    return arguments.clear();
  }

  private static boolean isEmpty(Matrix matrix) {
    return matrix.rows() == 0 || matrix.columns() == 0;
  }

  /** Blocks for a thread for each group of a matrix's columns. */
  static long blocks(Matrix matrix) {
    return blocks((long) matrix.rows() * ((matrix.columns() + GROUP - 1) / GROUP));
  }

  /** Blocks of {@link #THREADS}. */
  static long blocks(long threads) {
    return (threads + THREADS - 1) / THREADS;
  }

  private void launch(String kernel, long blocks, int threads) {
    launcher.launch(kernel, Math.toIntExact(blocks), threads, 0, arguments);
  }
}
