package dev.vl4j.cuda.kernel;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.DType;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * The kernels, one method for each. A method enqueues its work and returns; nothing is done for a
 * matrix without elements.
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
  private static final double LOG2_E = 1 / Math.log(2);

  /** Threads of a block where threads do not work together. */
  static final int THREADS = 256;

  /** Columns that a thread takes at a time, 16 or 32 bytes. */
  private static final int GROUP = 8;

  private static final int WARP = 32;
  private static final int MOST_THREADS = 1024;

  private final Launcher launcher;
  private final Target target;
  private final Arguments arguments = new Arguments(Arena.ofAuto());

  /**
   * @param launcher of the sources as they are compiled for the target
   */
  public Kernels(Launcher launcher, Target target) {
    this.launcher = launcher;
    this.target = target;
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
   * Cosines and sines of rotary angles: pair {@code i} of a row is turned by {@code
   * positions[axes[i]][row] * frequencies[i]}, a float32 product.
   *
   * @param frequencies [pairs]
   * @param axes [pairs] of int32
   * @param scale factor on cosines and sines
   * @param positions [axes][rows] of int32
   * @param table becomes [rows][2 * pairs] of float32, a row's cosines and then its sines
   */
  public void rotaryTable(
      long frequencies, long axes, float scale, long positions, int rows, int pairs, long table) {
    if (rows == 0 || pairs == 0) {
      return;
    }
    begin().with(frequencies).with(axes).with(scale).with(positions);
    arguments.with(rows).with(pairs).with(table);
    launch("rotaryTable", blocks((long) rows * pairs), THREADS);
  }

  /**
   * Takes a layer's queries, keys and values, which stand side by side, to where attention reads
   * them: norms the heads of queries and keys, rotates them, and rounds all three.
   *
   * @param projected float32 [rows, (heads + 2 * keyValueHeads) * headSize]
   * @param queryWeight [headSize], or 0 where the heads of queries are not normed
   * @param keyWeight [headSize], or 0 where the heads of keys are not normed
   * @param rotary from {@link #rotaryTable}, for {@code headSize / 2} pairs and these rows
   * @param queries [rows, heads * headSize], in the shape's format
   * @param places [rows] of {@link RowPlace}, for rows in the shape's format
   */
  public void queryKeyValues(
      Matrix projected,
      AttentionShape shape,
      long queryWeight,
      float queryEpsilon,
      long keyWeight,
      float keyEpsilon,
      long rotary,
      Matrix queries,
      long places,
      int layer) {
    int heads = shape.heads() + 2 * shape.keyValueHeads();
    begin().place(projected).with(projected.rows()).with(shape.heads()).with(shape.keyValueHeads());
    arguments.with(shape.headSize()).with(queryWeight).with(queryEpsilon);
    arguments.with(keyWeight).with(keyEpsilon).with(rotary);
    arguments.typed(queries).with(places).with(layer);
    launchHeads(projected.rows(), heads, shape);
  }

  /**
   * The queries' part of {@link #queryKeyValues}.
   *
   * @param projected float32 [rows, heads * headSize]
   */
  public void queries(
      Matrix projected,
      AttentionShape shape,
      long weight,
      float epsilon,
      long rotary,
      Matrix queries) {
    begin().place(projected).with(projected.rows()).with(shape.heads()).with(0);
    arguments.with(shape.headSize()).with(weight).with(epsilon);
    arguments.with(0L).with(0f).with(rotary);
    arguments.typed(queries).with(0L).with(0);
    launchHeads(projected.rows(), shape.heads(), shape);
  }

  /**
   * The part of {@link #queryKeyValues} that is not the queries'.
   *
   * @param projected float32 [rows, 2 * keyValueHeads * headSize]
   */
  public void keyValues(
      Matrix projected,
      AttentionShape shape,
      long weight,
      float epsilon,
      long rotary,
      long places,
      int layer) {
    begin().place(projected).with(projected.rows()).with(0).with(shape.keyValueHeads());
    arguments.with(shape.headSize()).with(0L).with(0f);
    arguments.with(weight).with(epsilon).with(rotary);
    arguments.with(0L).with(0).format(format(shape)).with(places).with(layer);
    launchHeads(projected.rows(), 2 * shape.keyValueHeads(), shape);
  }

  /** As many lanes of a warp work on a head as have four pairs of elements, a power of two. */
  private void launchHeads(int rows, int heads, AttentionShape shape) {
    if (rows == 0) {
      return;
    }
    int lanes = 1;
    while (lanes < WARP && lanes * 4 < shape.headSize() / 2) {
      lanes *= 2;
    }
    arguments.with(lanes);
    launch("placeHeads", blocks((long) rows * heads * lanes), THREADS);
  }

  /** The element format of queries, keys and values. */
  public static DType format(AttentionShape shape) {
    return switch (shape.operands()) {
      case F32 -> DType.F32;
      case BF16 -> DType.BF16;
      case INT8, FP8 -> throw new IllegalArgumentException("attention of " + shape.operands());
    };
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

  /**
   * Copies a run of stored rows, in all layers.
   *
   * @param from first row of layer 0, at a multiple of 4
   * @param fromStride bytes from one layer to the next, a multiple of 4
   * @param to as {@code from}
   * @param toStride as {@code fromStride}
   * @param bytes of a layer's rows, a multiple of 4
   */
  public void copyKeyValues(
      long from, long fromStride, long to, long toStride, int layers, long bytes) {
    if (layers == 0 || bytes == 0) {
      return;
    }
    begin().with(from).with(fromStride).with(to).with(toStride).with(layers).with(bytes);
    launch("copyLayers", blocks(layers * ((bytes + 15) / 16)), THREADS);
  }

  /**
   * {@code softmax(scale q k') v} over what each row sees.
   *
   * @param kind {@link AttentionKind#of} the target and the shape
   * @param queries [queries, heads * headSize] in the shape's format; for kinds other than {@link
   *     AttentionKind#PLAIN} its address is a multiple of 16 and its stride of 8
   * @param tiles table of {@link QueryTile}, made for the kind, at a multiple of 16
   * @param pieces table of {@link KeyPiece}, at a multiple of 8
   * @param out [queries, heads * headSize], float32 or bfloat16; a bfloat16 one is aligned as the
   *     queries are
   */
  public void attention(
      AttentionKind kind,
      AttentionShape shape,
      Matrix queries,
      long tiles,
      int tileCount,
      long pieces,
      int layer,
      Matrix out) {
    if (tileCount == 0) {
      return;
    }
    if (kind != AttentionKind.PLAIN) {
      requireAligned("queries", queries);
      requireAligned("out", out);
    }
    int headSize = shape.headSize();
    begin().place(queries).typed(out).with(tiles).with(pieces).with(layer);
    arguments.with(shape.heads()).with(shape.keyValueHeads());
    if (kind == AttentionKind.PLAIN) {
      arguments.with(shape.scale()).with(headSize).with(kind.tileRows(headSize));
      arguments.format(format(shape));
    } else {
      arguments.with((float) (shape.scale() * LOG2_E));
    }
    launcher.launch(
        kind.kernel(headSize),
        Math.multiplyExact(tileCount, shape.heads()),
        kind.threads(headSize),
        kind.sharedBytes(headSize, target.tileKeys()),
        arguments);
  }

  private static void requireAligned(String name, Matrix matrix) {
    if (matrix.element() == DType.BF16
        && (matrix.address() % 16 != 0 || matrix.rowBytes() % 16 != 0)) {
      throw new IllegalArgumentException(
          "attention: %s at address %x with rows of %d bytes, expected multiples of 16"
              .formatted(name, matrix.address(), matrix.rowBytes()));
    }
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

  private static long blocks(long threads) {
    return (threads + THREADS - 1) / THREADS;
  }

  private void launch(String kernel, long blocks, int threads) {
    launcher.launch(kernel, Math.toIntExact(blocks), threads, 0, arguments);
  }
}
