package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.vector.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.vector.Lanes.ORDER;
import static dev.vl4j.kernels.cpu.vector.Lanes.PANEL;
import static dev.vl4j.kernels.cpu.vector.Lanes.TILE_ROWS;
import static dev.vl4j.kernels.cpu.vector.TileKernel.STRIDE;
import static jdk.incubator.vector.VectorOperators.MAX;

import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.FloatCode;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/**
 * A tile of one head's query rows on its way through attention: what a worker keeps of it, and the
 * steps of {@link TiledAttention} that compute.
 */
class AttentionTile {
  /** Rows of queries times scale, at distance {@link TileKernel#STRIDE}, as are all rows here. */
  final float[] queries = new float[TileKernel.TILE];

  /** Scores of a tile of keys, and then these keys' weights. */
  final float[] scores = new float[TileKernel.TILE];

  /** Weights times values of a tile of keys. */
  final float[] product = new float[TileKernel.TILE];

  /** The same of all keys so far, relative to the largest score so far. */
  final float[] output = new float[TileKernel.TILE];

  /** Sums of weights so far, a vector for each row. */
  final float[] sums = new float[TILE_ROWS * COUNT];

  /** The largest score of each row so far. */
  final float[] maxima = new float[TILE_ROWS];

  /** How many of the present tile's keys each row sees. */
  final int[] seen = new int[TILE_ROWS];

  AttentionTile() {}

  /** On machine code, if there is any. */
  static AttentionTile of(@Nullable FloatCode code) {
    return code == null ? new AttentionTile() : new EmittedAttentionTile(code);
  }

  /** Forgets all keys. */
  final void start(int rows, int columns) {
    Arrays.fill(sums, 0);
    Arrays.fill(maxima, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < rows; i++) {
      Arrays.fill(output, i * STRIDE, i * STRIDE + columns, 0);
    }
  }

  /**
   * Rows times some panels.
   *
   * @param rows that there are; {@link TileKernel#height} of them can be read
   * @param from {@link #queries} or {@link #scores}
   * @param at byte offset of the first panel
   * @param next bytes from one panel to the next
   * @param to gets as many columns as the panels have
   */
  void multiply(
      int rows,
      float[] from,
      int depth,
      MemorySegment panels,
      long at,
      long next,
      int count,
      float[] to) {
    int height = TileKernel.height(rows);
    for (int panel = 0; panel < count; panel++) {
      TileKernel.run(height, from, 0, panels, at + panel * next, depth, to, panel * PANEL);
    }
  }

  /**
   * Turns scores into weights relative to the largest score so far, and brings sums and output so
   * far to that scale. Keys that a row does not see get weight zero.
   *
   * @param keys of which there are scores, a multiple of a vector
   * @param columns of output
   */
  void softmax(int rows, int keys, int columns) {
    for (int i = 0; i < rows; i++) {
      softmaxRow(i, keys, columns);
    }
  }

  private void softmaxRow(int i, int keys, int columns) {
    int at = i * STRIDE;
    FloatVector largest = FloatVector.broadcast(FLOAT, Float.NEGATIVE_INFINITY);
    for (int k = 0; k < seen[i]; k += COUNT) {
      FloatVector s = FloatVector.fromArray(FLOAT, scores, at + k);
      largest = largest.lanewise(MAX, s, FLOAT.indexInRange(k, seen[i]));
    }
    float maximum = maxima[i];
    float updated = Math.max(maximum, largest.reduceLanes(MAX));
    maxima[i] = updated;
    FloatVector sum = FloatVector.fromArray(FLOAT, sums, i * COUNT);
    if (updated != maximum && maximum != Float.NEGATIVE_INFINITY) {
      FloatVector factor = VectorMath.exp(FloatVector.broadcast(FLOAT, maximum - updated));
      sum = sum.mul(factor);
      for (int d = at; d < at + columns; d += COUNT) {
        FloatVector o = FloatVector.fromArray(FLOAT, output, d);
        o.mul(factor).intoArray(output, d);
      }
    }
    for (int k = 0; k < keys; k += COUNT) {
      FloatVector s = FloatVector.fromArray(FLOAT, scores, at + k);
      FloatVector weight =
          VectorMath.exp(s.sub(updated)).blend(0f, FLOAT.indexInRange(k, seen[i]).not());
      weight.intoArray(scores, at + k);
      sum = sum.add(weight);
    }
    sum.intoArray(sums, i * COUNT);
  }

  /** Adds the products to the output. */
  void addProduct(int rows, int columns) {
    for (int i = 0; i < rows; i++) {
      for (int d = i * STRIDE; d < i * STRIDE + columns; d += COUNT) {
        FloatVector sum = FloatVector.fromArray(FLOAT, output, d);
        sum.add(FloatVector.fromArray(FLOAT, product, d)).intoArray(output, d);
      }
    }
  }

  /**
   * Writes the output, divided by the sums of weights.
   *
   * @param row of {@code out} where the first goes
   * @param column where the head starts
   */
  void write(int rows, int headSize, HostTensor out, int row, int column) {
    for (int i = 0; i < rows; i++) {
      float sum = VectorMath.sum(FloatVector.fromArray(FLOAT, sums, i * COUNT));
      for (int d = 0; d < headSize; d += COUNT) {
        FloatVector.fromArray(FLOAT, output, i * STRIDE + d)
            .div(sum)
            .intoMemorySegment(
                out.data(), out.at(row + i, column + d), ORDER, FLOAT.indexInRange(d, headSize));
      }
    }
  }
}
