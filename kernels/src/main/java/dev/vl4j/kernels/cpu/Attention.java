package dev.vl4j.kernels.cpu;

import static dev.vl4j.kernels.cpu.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.Lanes.ORDER;
import static dev.vl4j.kernels.cpu.Lanes.PANEL;
import static dev.vl4j.kernels.cpu.Lanes.TILE_ROWS;
import static dev.vl4j.kernels.cpu.TileKernel.STRIDE;
import static jdk.incubator.vector.VectorOperators.MAX;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

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

  /** What a worker needs beside the operands; the panels grow to the longest context seen. */
  static final class Workspace implements AutoCloseable {
    private @Nullable Arena arena;
    private MemorySegment panels = MemorySegment.NULL;
    private final float[] queries = new float[TileKernel.TILE];
    private final float[] scores = new float[TileKernel.TILE];
    private final float[] product = new float[TileKernel.TILE];
    private final float[] output = new float[TileKernel.TILE];
    private final float[] sums = new float[TILE_ROWS * COUNT];
    private final float[] maxima = new float[TILE_ROWS];
    private final int[] visible = new int[TILE_ROWS];

    @SuppressWarnings("MustBeClosedChecker") // closed when outgrown, or with the backend
    MemorySegment panels(long bytes) {
      if (panels.byteSize() < bytes) {
        close();
        Arena larger = Arena.ofShared();
        arena = larger;
        panels = larger.allocate(bytes, 64);
      }
      return panels;
    }

    @Override
    public void close() {
      if (arena != null) {
        arena.close();
        arena = null;
        panels = MemorySegment.NULL;
      }
    }
  }

  /** Part of one segment's rows and one key-value head. */
  private record Task(int segment, int keyValueHead, int firstRow, int lastRow) {}

  private final HostTensor query;
  private final HostTensor key;
  private final HostTensor value;
  private final AttentionShape shape;
  private final List<Segment> segments;
  private final int[] queryStarts;
  private final HostTensor out;
  private final int headColumns;
  private final boolean rounds;

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
    queryStarts = Segment.queryStarts(segments);
    this.out = out;
    rounds = shape.operands() == OperandFormat.BF16;
    headColumns = roundUp(shape.headSize(), PANEL);
  }

  void run(WorkerPool pool, Workspace[] workspaces) {
    List<Task> tasks = new ArrayList<>();
    for (int s = 0; s < segments.size(); s++) {
      int length = segments.get(s).length();
      for (int row = segments.get(s).firstQuery(); row < length; row += QUERY_BLOCK) {
        int last = Math.min(row + QUERY_BLOCK, length);
        for (int head = 0; head < shape.keyValueHeads(); head++) {
          tasks.add(new Task(s, head, row, last));
        }
      }
    }
    pool.run(tasks.size(), (task, worker) -> run(tasks.get(task), workspaces[worker]));
  }

  private int contextLength(int segment) {
    int length = 0;
    for (int s = segment; s != Segment.ROOT; s = segments.get(s).parent()) {
      length += segments.get(s).length();
    }
    return length;
  }

  private void run(Task task, Workspace workspace) {
    Segment segment = segments.get(task.segment);
    int context = contextLength(task.segment);
    int before = context - segment.length();
    // A causal block's rows never look past its own last row.
    int used = segment.causal() ? before + task.lastRow : context;
    int padded = roundUp(used, KEY_TILE);
    long valuesAt = (long) padded * shape.headSize() * Float.BYTES;
    long bytes = valuesAt + (long) padded * headColumns * Float.BYTES;
    MemorySegment panels = workspace.panels(bytes);
    panels.asSlice(0, bytes).fill((byte) 0);
    pack(task, used, padded, panels, valuesAt);

    int group = shape.heads() / shape.keyValueHeads();
    for (int head = task.keyValueHead * group; head < (task.keyValueHead + 1) * group; head++) {
      for (int row = task.firstRow; row < task.lastRow; row += TILE_ROWS) {
        int rows = Math.min(TILE_ROWS, task.lastRow - row);
        for (int i = 0; i < rows; i++) {
          workspace.visible[i] = segment.causal() ? before + row + i + 1 : context;
        }
        int queries = queryStarts[task.segment] + row - segment.firstQuery();
        attend(queries, rows, head, padded, panels, valuesAt, workspace);
      }
    }
  }

  /** Copies a task's keys, transposed, and values into panels. */
  private void pack(Task task, int used, int padded, MemorySegment panels, long valuesAt) {
    int end = contextLength(task.segment);
    for (int s = task.segment; s != Segment.ROOT; s = segments.get(s).parent()) {
      Segment segment = segments.get(s);
      int begin = end - segment.length();
      for (int position = begin; position < Math.min(end, used); position++) {
        int row = segment.start() + position - begin;
        packKey(row, task.keyValueHead, position, panels);
        packValue(row, task.keyValueHead, position, padded, panels, valuesAt);
      }
      end = begin;
    }
  }

  private void packKey(int row, int head, int position, MemorySegment panels) {
    int size = shape.headSize();
    long from = key.at(row, head * size);
    long to = ((long) (position / PANEL) * size * PANEL + position % PANEL) * Float.BYTES;
    for (int d = 0; d < size; d++) {
      float element = operand(key.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, from + 4L * d));
      panels.set(ValueLayout.JAVA_FLOAT_UNALIGNED, to + 4L * d * PANEL, element);
    }
  }

  private void packValue(
      int row, int head, int position, int padded, MemorySegment panels, long valuesAt) {
    int size = shape.headSize();
    for (int column = 0; column < size; column += PANEL) {
      long to = valuesAt + ((long) column * padded + (long) position * PANEL) * Float.BYTES;
      long bytes = (long) Math.min(PANEL, size - column) * Float.BYTES;
      MemorySegment.copy(value.data(), value.at(row, head * size + column), panels, to, bytes);
      for (long at = to; rounds && at < to + bytes; at += Float.BYTES) {
        panels.set(
            ValueLayout.JAVA_FLOAT_UNALIGNED,
            at,
            operand(panels.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at)));
      }
    }
  }

  private float operand(float element) {
    return rounds ? Formats.roundToBf16(element) : element;
  }

  /** One tile of query rows of one head against all its keys. */
  private void attend(
      int row,
      int rows,
      int head,
      int padded,
      MemorySegment panels,
      long valuesAt,
      Workspace workspace) {
    int size = shape.headSize();
    int height = TileKernel.height(rows);
    packQueries(row, rows, height, head, workspace.queries);
    Arrays.fill(workspace.sums, 0);
    Arrays.fill(workspace.maxima, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < rows; i++) {
      Arrays.fill(workspace.output, i * STRIDE, i * STRIDE + headColumns, 0);
    }

    int limit = workspace.visible[rows - 1];
    for (int first = 0; first < limit; first += KEY_TILE) {
      int depth = Math.min(KEY_TILE, roundUp(limit - first, PANEL));
      for (int k = 0; k < depth; k += PANEL) {
        long keys = (long) (first + k) * size * Float.BYTES;
        TileKernel.run(height, workspace.queries, 0, panels, keys, size, workspace.scores, k);
      }
      for (int i = 0; i < rows; i++) {
        softmax(i, Math.clamp(workspace.visible[i] - first, 0, depth), depth, workspace);
      }
      for (int column = 0; column < headColumns; column += PANEL) {
        long values = valuesAt + ((long) column * padded + (long) first * PANEL) * Float.BYTES;
        TileKernel.run(
            height, workspace.scores, 0, panels, values, depth, workspace.product, column);
      }
      for (int i = 0; i < rows; i++) {
        addRow(workspace.product, i * STRIDE, workspace.output);
      }
    }
    for (int i = 0; i < rows; i++) {
      writeRow(row + i, i, head, workspace);
    }
  }

  private void packQueries(int row, int rows, int height, int head, float[] queries) {
    int size = shape.headSize();
    for (int i = 0; i < height; i++) {
      if (i >= rows) {
        Arrays.fill(queries, i * STRIDE, i * STRIDE + size, 0);
        continue;
      }
      long from = query.at(row + i, head * size);
      MemorySegment.copy(query.data(), ValueLayout.JAVA_FLOAT, from, queries, i * STRIDE, size);
      for (int d = i * STRIDE; d < i * STRIDE + size; d++) {
        queries[d] = operand(queries[d]) * shape.scale();
      }
    }
  }

  /**
   * Turns a row of scores into weights relative to the largest score so far, and brings the row's
   * sum and output so far to that scale.
   *
   * @param seen how many of the tile's keys the row sees; the others get weight zero
   */
  private void softmax(int i, int seen, int depth, Workspace workspace) {
    float[] scores = workspace.scores;
    int at = i * STRIDE;
    FloatVector largest = FloatVector.broadcast(FLOAT, Float.NEGATIVE_INFINITY);
    for (int k = 0; k < seen; k += COUNT) {
      FloatVector s = FloatVector.fromArray(FLOAT, scores, at + k);
      largest = largest.lanewise(MAX, s, FLOAT.indexInRange(k, seen));
    }
    float maximum = workspace.maxima[i];
    float updated = Math.max(maximum, largest.reduceLanes(MAX));
    workspace.maxima[i] = updated;
    FloatVector sum = FloatVector.fromArray(FLOAT, workspace.sums, i * COUNT);
    if (updated != maximum && maximum != Float.NEGATIVE_INFINITY) {
      FloatVector factor = VectorMath.exp(FloatVector.broadcast(FLOAT, maximum - updated));
      sum = sum.mul(factor);
      for (int d = at; d < at + headColumns; d += COUNT) {
        FloatVector o = FloatVector.fromArray(FLOAT, workspace.output, d);
        o.mul(factor).intoArray(workspace.output, d);
      }
    }
    for (int k = 0; k < depth; k += COUNT) {
      FloatVector s = FloatVector.fromArray(FLOAT, scores, at + k);
      FloatVector weight =
          VectorMath.exp(s.sub(updated)).blend(0f, FLOAT.indexInRange(k, seen).not());
      weight.intoArray(scores, at + k);
      sum = sum.add(weight);
    }
    sum.intoArray(workspace.sums, i * COUNT);
  }

  private void addRow(float[] product, int at, float[] output) {
    for (int d = at; d < at + headColumns; d += COUNT) {
      FloatVector sum = FloatVector.fromArray(FLOAT, output, d);
      sum.add(FloatVector.fromArray(FLOAT, product, d)).intoArray(output, d);
    }
  }

  private void writeRow(int row, int i, int head, Workspace workspace) {
    int size = shape.headSize();
    float sum = VectorMath.sum(FloatVector.fromArray(FLOAT, workspace.sums, i * COUNT));
    for (int d = 0; d < size; d += COUNT) {
      FloatVector.fromArray(FLOAT, workspace.output, i * STRIDE + d)
          .div(sum)
          .intoMemorySegment(
              out.data(), out.at(row, head * size + d), ORDER, FLOAT.indexInRange(d, size));
    }
  }

  private static int roundUp(int value, int multiple) {
    return (value + multiple - 1) / multiple * multiple;
  }
}
