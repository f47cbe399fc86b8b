package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.vector.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.vector.Lanes.ORDER;
import static dev.vl4j.kernels.cpu.vector.Lanes.PANEL;
import static dev.vl4j.kernels.cpu.vector.Lanes.TILE_ROWS;
import static dev.vl4j.kernels.cpu.vector.TileKernel.STRIDE;
import static jdk.incubator.vector.VectorOperators.MAX;

import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/** An {@link AttentionBlock} on the Vector API. */
final class VectorAttentionBlock extends AttentionBlock {
  private static final int ELEMENTS = ROWS * STRIDE;

  /** Rows of queries times scale, at distance {@link TileKernel#STRIDE}, as are all rows here. */
  private final float[] queries = new float[ELEMENTS];

  /** Scores of a tile of keys, and then these keys' weights. */
  private final float[] scores = new float[ELEMENTS];

  /** Weights times values of all keys so far, relative to the largest score so far. */
  private final float[] output = new float[ELEMENTS];

  /** Sums of weights so far, a vector for each row. */
  private final float[] sums = new float[ROWS * COUNT];

  /** The largest score of each row so far. */
  private final float[] maxima = new float[ROWS];

  /** Weights times values of a tile of keys, for a tile of rows. */
  private final float[] product = new float[TileKernel.TILE];

  private int rows;
  private int size;
  private int columns;

  @Override
  void start(float[] from, int count, int headSize) {
    rows = count;
    size = headSize;
    columns = Lanes.wholePanels(headSize);
    for (int i = 0; i < count; i++) {
      System.arraycopy(from, i * headSize, queries, i * STRIDE, headSize);
      Arrays.fill(output, i * STRIDE, i * STRIDE + columns, 0);
    }
    Arrays.fill(sums, 0, count * COUNT, 0);
    Arrays.fill(maxima, 0, count, Float.NEGATIVE_INFINITY);
  }

  @Override
  void attend(
      int from,
      int to,
      int keys,
      boolean masked,
      MemorySegment packed,
      KeyValueTiles.Place first,
      int tiles) {
    if (!masked) {
      Arrays.fill(seen, from, to, keys);
    }
    for (int tile = 0; tile < tiles; tile++) {
      long at = tile * first.bytes();
      score(from, to, packed, first.keys() + at, first.keyPanelBytes(), keys / PANEL);
      for (int i = from; i < to; i++) {
        softmax(i, keys);
      }
      addValues(from, to, keys, packed, first.values() + at, first.valuePanelBytes());
    }
  }

  private void score(int from, int to, MemorySegment panels, long at, long next, int count) {
    for (int row = from; row < to; row += TILE_ROWS) {
      multiply(to - row, queries, row, size, panels, at, next, count, scores, row);
    }
  }

  private void addValues(int from, int to, int keys, MemorySegment panels, long at, long next) {
    for (int row = from; row < to; row += TILE_ROWS) {
      multiply(to - row, scores, row, keys, panels, at, next, columns / PANEL, product, 0);
      addProduct(row, Math.min(to, row + TILE_ROWS));
    }
  }

  /** A tile of rows times some panels. Rows after the last one may be read and written. */
  private static void multiply(
      int rows,
      float[] from,
      int fromRow,
      int depth,
      MemorySegment panels,
      long at,
      long next,
      int count,
      float[] to,
      int toRow) {
    int height = TileKernel.height(rows);
    for (int panel = 0; panel < count; panel++) {
      TileKernel.run(
          height,
          from,
          fromRow * STRIDE,
          panels,
          at + panel * next,
          depth,
          to,
          toRow * STRIDE + panel * PANEL);
    }
  }

  private void addProduct(int from, int to) {
    for (int i = from; i < to; i++) {
      int difference = from * STRIDE;
      for (int d = i * STRIDE; d < i * STRIDE + columns; d += COUNT) {
        FloatVector sum = FloatVector.fromArray(FLOAT, output, d);
        sum.add(FloatVector.fromArray(FLOAT, product, d - difference)).intoArray(output, d);
      }
    }
  }

  /**
   * Turns a row's scores into weights relative to the largest score so far, and brings sum and
   * output so far to that scale. Keys that the row does not see get weight zero.
   *
   * @param keys of which there are scores, a multiple of a vector
   */
  private void softmax(int i, int keys) {
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

  @Override
  void write(HostTensor out, int row, int column) {
    for (int i = 0; i < rows; i++) {
      float sum = VectorMath.sum(FloatVector.fromArray(FLOAT, sums, i * COUNT));
      for (int d = 0; d < size; d += COUNT) {
        FloatVector.fromArray(FLOAT, output, i * STRIDE + d)
            .div(sum)
            .intoMemorySegment(
                out.data(), out.at(row + i, column + d), ORDER, FLOAT.indexInRange(d, size));
      }
    }
  }
}
