package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.cpu.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.Lanes.ORDER;
import static dev.vl4j.kernels.cpu.Lanes.PANEL;
import static dev.vl4j.kernels.cpu.Lanes.TILE_ROWS;
import static dev.vl4j.kernels.cpu.TileKernel.A_STRIDE;
import static jdk.incubator.vector.VectorOperators.MAX;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Attention over a forest of segments, in tiles of keys with an online softmax (Milakov and
 * Gimelshein 2018; Dao et al. 2022), so that no score matrix is ever in memory.
 *
 * <p>A row's keys are one logical sequence: its ancestors' rows from the root down, then its own
 * segment's. Tiles of keys start at multiples of {@link #KEY_TILE} of that sequence, wherever
 * segments end, and a key that a row must not see adds an exact zero. So a row's result is bitwise
 * the same whether its context is one segment or several, and whatever rows share its tile.
 */
final class Attention {
  /** Keys of a tile; a multiple of every panel width. */
  static final int KEY_TILE = 128;

  /** Query rows of a task: the task packs all its keys, and more rows share that cost. */
  private static final int QUERY_BLOCK = 504;

  private static final long ROW = (long) A_STRIDE * Float.BYTES;

  /** Part of one segment's rows and one key-value head. */
  private record Task(int segment, int keyValueHead, int firstRow, int lastRow) {}

  private final HostTensor query;
  private final HostTensor key;
  private final HostTensor value;
  private final AttentionShape shape;
  private final List<Segment> segments;
  private final HostTensor out;
  private final int headColumns;

  Attention(
      HostTensor query,
      HostTensor key,
      HostTensor value,
      AttentionShape shape,
      List<Segment> segments,
      HostTensor out) {
    this.query = query;
    this.key = key;
    this.value = value;
    this.shape = shape;
    this.segments = segments;
    this.out = out;
    headColumns = roundUp(shape.headSize(), PANEL);
  }

  /** Scratch bytes of a worker. */
  long workerBytes() {
    long longest = 0;
    for (int i = 0; i < segments.size(); i++) {
      longest = Math.max(longest, roundUp(contextLength(i), KEY_TILE));
    }
    return new Scratch(longest).bytes();
  }

  void run(WorkerPool pool, MemorySegment[] scratch) {
    List<Task> tasks = new ArrayList<>();
    for (int s = 0; s < segments.size(); s++) {
      for (int row = 0; row < segments.get(s).length(); row += QUERY_BLOCK) {
        int last = Math.min(row + QUERY_BLOCK, segments.get(s).length());
        for (int head = 0; head < shape.keyValueHeads(); head++) {
          tasks.add(new Task(s, head, row, last));
        }
      }
    }
    pool.run(tasks.size(), (task, worker) -> run(tasks.get(task), scratch[worker]));
  }

  /** Where things lie in a worker's scratch memory, in bytes. */
  private final class Scratch {
    final long keys;
    final long values;
    final long queries;
    final long scores;
    final long sums;
    final long output;
    private final long end;

    Scratch(long context) {
      keys = 0;
      values = keys + context * shape.headSize() * Float.BYTES;
      queries = values + context * headColumns * Float.BYTES;
      scores = queries + TILE_ROWS * ROW;
      sums = scores + TILE_ROWS * ROW;
      output = sums + (long) TILE_ROWS * COUNT * Float.BYTES;
      end = output + (long) TILE_ROWS * headColumns * Float.BYTES;
    }

    long bytes() {
      return end;
    }
  }

  private int contextLength(int segment) {
    int length = 0;
    for (int s = segment; s != Segment.ROOT; s = segments.get(s).parent()) {
      length += segments.get(s).length();
    }
    return length;
  }

  private void run(Task task, MemorySegment memory) {
    Segment segment = segments.get(task.segment);
    int context = contextLength(task.segment);
    int before = context - segment.length();
    // A causal block's rows never look past its own last row.
    int used = segment.causal() ? before + task.lastRow : context;
    int padded = roundUp(used, KEY_TILE);
    Scratch scratch = new Scratch(padded);
    memory.asSlice(0, scratch.queries).fill((byte) 0);
    pack(task, used, padded, memory, scratch);

    int group = shape.heads() / shape.keyValueHeads();
    float[] maxima = new float[TILE_ROWS];
    int[] visible = new int[TILE_ROWS];
    for (int head = task.keyValueHead * group; head < (task.keyValueHead + 1) * group; head++) {
      for (int row = task.firstRow; row < task.lastRow; row += TILE_ROWS) {
        int rows = Math.min(TILE_ROWS, task.lastRow - row);
        for (int i = 0; i < rows; i++) {
          visible[i] = segment.causal() ? before + row + i + 1 : context;
        }
        attend(segment.start() + row, rows, head, padded, visible, maxima, memory, scratch);
      }
    }
  }

  /** Copies a task's keys, transposed, and values into panels. */
  private void pack(Task task, int used, int padded, MemorySegment memory, Scratch scratch) {
    int end = contextLength(task.segment);
    for (int s = task.segment; s != Segment.ROOT; s = segments.get(s).parent()) {
      Segment segment = segments.get(s);
      int begin = end - segment.length();
      for (int position = begin; position < Math.min(end, used); position++) {
        packKey(segment.start() + position - begin, task.keyValueHead, position, memory, scratch);
        packValue(
            segment.start() + position - begin, task.keyValueHead, position, padded, memory, scratch);
      }
      end = begin;
    }
  }

  private void packKey(int row, int head, int position, MemorySegment memory, Scratch scratch) {
    int size = shape.headSize();
    long from = key.at(row, head * size);
    long to =
        scratch.keys
            + ((long) position / PANEL * size * PANEL + position % PANEL) * Float.BYTES;
    for (int d = 0; d < size; d++) {
      float element = key.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, from + 4L * d);
      memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, to + 4L * d * PANEL, element);
    }
  }

  private void packValue(
      int row, int head, int position, int padded, MemorySegment memory, Scratch scratch) {
    int size = shape.headSize();
    for (int column = 0; column < size; column += PANEL) {
      long to =
          scratch.values + ((long) column * padded + (long) position * PANEL) * Float.BYTES;
      long bytes = (long) Math.min(PANEL, size - column) * Float.BYTES;
      MemorySegment.copy(value.data(), value.at(row, head * size + column), memory, to, bytes);
    }
  }

  /** One tile of query rows of one head against all its keys. */
  private void attend(
      int row,
      int rows,
      int head,
      int padded,
      int[] visible,
      float[] maxima,
      MemorySegment memory,
      Scratch scratch) {
    int size = shape.headSize();
    int height = TileKernel.height(rows);
    packQueries(row, rows, height, head, memory, scratch);
    memory.asSlice(scratch.sums, scratch.bytes() - scratch.sums).fill((byte) 0);
    Arrays.fill(maxima, Float.NEGATIVE_INFINITY);

    int limit = visible[rows - 1];
    for (int first = 0; first < limit; first += KEY_TILE) {
      int depth = Math.min(KEY_TILE, roundUp(limit - first, PANEL));
      for (int k = 0; k < depth; k += PANEL) {
        long panel = scratch.keys + (long) (first + k) * size * Float.BYTES;
        long to = scratch.scores + (long) k * Float.BYTES;
        TileKernel.run(
            height, memory, scratch.queries, memory, panel, size, memory, to, ROW, false);
      }
      for (int i = 0; i < rows; i++) {
        int seen = Math.clamp(visible[i] - first, 0, depth);
        maxima[i] = softmax(i, seen, depth, maxima[i], memory, scratch);
      }
      long stride = (long) headColumns * Float.BYTES;
      for (int column = 0; column < headColumns; column += PANEL) {
        long panel =
            scratch.values + ((long) column * padded + (long) first * PANEL) * Float.BYTES;
        long to = scratch.output + (long) column * Float.BYTES;
        TileKernel.run(
            height, memory, scratch.scores, memory, panel, depth, memory, to, stride, true);
      }
    }
    for (int i = 0; i < rows; i++) {
      writeRow(row + i, i, head, memory, scratch);
    }
  }

  private void packQueries(
      int row, int rows, int height, int head, MemorySegment memory, Scratch scratch) {
    int size = shape.headSize();
    for (int i = 0; i < height; i++) {
      for (int d = 0; d < size; d += COUNT) {
        VectorMask<Float> mask = FLOAT.indexInRange(d, i < rows ? size : 0);
        long from = i < rows ? query.at(row + i, head * size + d) : 0;
        FloatVector q = FloatVector.fromMemorySegment(FLOAT, query.data(), from, ORDER, mask);
        long to = scratch.queries + i * ROW + (long) d * Float.BYTES;
        q.mul(shape.scale()).intoMemorySegment(memory, to, ORDER);
      }
    }
  }

  /**
   * Turns a row of scores into weights relative to the largest score so far, and brings the row's
   * sum and output so far to that scale.
   *
   * @param seen how many of the tile's keys the row sees; the others get weight zero
   * @return the largest score so far
   */
  private float softmax(
      int i, int seen, int depth, float maximum, MemorySegment memory, Scratch scratch) {
    long scores = scratch.scores + i * ROW;
    FloatVector largest = FloatVector.broadcast(FLOAT, Float.NEGATIVE_INFINITY);
    for (int k = 0; k < seen; k += COUNT) {
      FloatVector s = load(memory, scores + (long) k * Float.BYTES);
      largest = largest.lanewise(MAX, s, FLOAT.indexInRange(k, seen));
    }
    float updated = Math.max(maximum, largest.reduceLanes(MAX));
    if (updated != maximum && maximum != Float.NEGATIVE_INFINITY) {
      rescale(i, VectorMath.exp(FloatVector.broadcast(FLOAT, maximum - updated)), memory, scratch);
    }
    long sumAt = scratch.sums + (long) i * COUNT * Float.BYTES;
    FloatVector sum = load(memory, sumAt);
    for (int k = 0; k < depth; k += COUNT) {
      long at = scores + (long) k * Float.BYTES;
      FloatVector weight =
          VectorMath.exp(load(memory, at).sub(updated))
              .blend(0f, FLOAT.indexInRange(k, seen).not());
      weight.intoMemorySegment(memory, at, ORDER);
      sum = sum.add(weight);
    }
    sum.intoMemorySegment(memory, sumAt, ORDER);
    return updated;
  }

  private void rescale(int i, FloatVector factor, MemorySegment memory, Scratch scratch) {
    long sumAt = scratch.sums + (long) i * COUNT * Float.BYTES;
    load(memory, sumAt).mul(factor).intoMemorySegment(memory, sumAt, ORDER);
    for (int d = 0; d < headColumns; d += COUNT) {
      long at = scratch.output + ((long) i * headColumns + d) * Float.BYTES;
      load(memory, at).mul(factor).intoMemorySegment(memory, at, ORDER);
    }
  }

  private void writeRow(int row, int i, int head, MemorySegment memory, Scratch scratch) {
    int size = shape.headSize();
    float sum = VectorMath.sum(load(memory, scratch.sums + (long) i * COUNT * Float.BYTES));
    for (int d = 0; d < size; d += COUNT) {
      FloatVector o = load(memory, scratch.output + ((long) i * headColumns + d) * Float.BYTES);
      o.div(sum)
          .intoMemorySegment(
              out.data(), out.at(row, head * size + d), ORDER, FLOAT.indexInRange(d, size));
    }
  }

  private static FloatVector load(MemorySegment memory, long at) {
    return FloatVector.fromMemorySegment(FLOAT, memory, at, ORDER);
  }

  private static int roundUp(int value, int multiple) {
    return (value + multiple - 1) / multiple * multiple;
  }
}
