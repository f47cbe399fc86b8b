package dev.vl4j.cuda.kernel;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.DType;
import java.lang.foreign.Arena;

/**
 * The kernels of attention and of what it reads, one method for each: rotary angles, heads of
 * queries, keys and values, and stored keys and values. What is said of {@link Kernels} goes for
 * them, too.
 */
public final class AttentionKernels {
  private static final double LOG2_E = 1 / Math.log(2);

  private final Launcher launcher;
  private final Target target;
  private final int multiprocessors;
  private final Arguments arguments = new Arguments(Arena.ofAuto());

  /**
   * @param launcher of the sources as they are compiled for the target
   * @param multiprocessors of the device
   */
  public AttentionKernels(Launcher launcher, Target target, int multiprocessors) {
    this.launcher = launcher;
    this.target = target;
    this.multiprocessors = multiprocessors;
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
    arguments.clear().with(frequencies).with(axes).with(scale).with(positions);
    arguments.with(rows).with(pairs).with(table);
    launch("rotaryTable", (long) rows * pairs);
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
    arguments.clear().place(projected).with(projected.rows());
    arguments.with(shape.heads()).with(shape.keyValueHeads());
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
    arguments.clear().place(projected).with(projected.rows()).with(shape.heads()).with(0);
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
    arguments.clear().place(projected).with(projected.rows()).with(0).with(shape.keyValueHeads());
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
    while (lanes < Kernels.WARP && lanes * 4 < shape.headSize() / 2) {
      lanes *= 2;
    }
    arguments.with(lanes);
    launch("placeHeads", (long) rows * heads * lanes);
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
    arguments.clear().with(from).with(fromStride).with(to).with(toStride).with(layers).with(bytes);
    launch("copyLayers", layers * ((bytes + 15) / 16));
  }

  /**
   * {@code softmax(scale q k') v} over what each row sees.
   *
   * @param kind {@link AttentionKind#of} the target and the shape
   * @param queries [queries, heads * headSize] in the shape's format; for kinds other than {@link
   *     AttentionKind#PLAIN} its address is a multiple of 16 and its stride of 8
   * @param tiles table of {@link QueryTile}, made for the kind, at a multiple of 16
   * @param longest the most keys of a tile
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
      int longest,
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
    int items = Math.multiplyExact(tileCount, shape.heads());
    arguments.clear().place(queries).typed(out).with(tiles).with(pieces).with(layer);
    arguments.with(shape.heads()).with(shape.keyValueHeads());
    if (kind == AttentionKind.PLAIN) {
      arguments.with(shape.scale()).with(headSize).with(kind.tileRows(headSize));
      arguments.format(format(shape));
    } else {
      arguments.with((float) (shape.scale() * LOG2_E));
    }
    if (kind == AttentionKind.HOPPER) {
      arguments.with(items);
    }
    launcher.launch(
        kind.kernel(headSize),
        kind.blocks(items, longest, multiprocessors),
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

  /** A kernel whose threads do not work together. */
  private void launch(String kernel, long threads) {
    int blocks = Math.toIntExact(Kernels.blocks(threads));
    launcher.launch(kernel, blocks, Kernels.THREADS, 0, arguments);
  }
}
