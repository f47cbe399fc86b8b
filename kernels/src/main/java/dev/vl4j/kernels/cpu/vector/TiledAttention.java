package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.vector.Lanes.FLOAT;
import static dev.vl4j.kernels.cpu.vector.Lanes.ORDER;
import static dev.vl4j.kernels.cpu.vector.Lanes.PANEL;
import static dev.vl4j.kernels.cpu.vector.Lanes.TILE_ROWS;
import static dev.vl4j.kernels.cpu.vector.TileKernel.STRIDE;
import static jdk.incubator.vector.VectorOperators.MAX;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.cpu.family.CpuAttention;
import dev.vl4j.kernels.cpu.family.HeadRows;
import dev.vl4j.kernels.cpu.family.WorkerPool;
import dev.vl4j.kernels.memory.ForwardMemory;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * {@link CpuAttention} on the Vector API, in tiles of keys with an online softmax (Milakov and
 * Gimelshein 2018; Dao et al. 2022), so that no score matrix is ever in memory.
 *
 * <p>Tiles of keys start at multiples of {@link #KEY_TILE} of a row's logical sequence, wherever
 * segments end, and a key that a row must not see adds an exact zero. So a row's result is bitwise
 * the same whether its context is one segment or several, and whatever rows share its tile.
 */
final class TiledAttention extends CpuAttention {
  /** Keys of a tile; a multiple of every panel width. */
  static final int KEY_TILE = 128;

  /** Query rows of a task: the task packs all its keys, and more rows share that cost. */
  private static final int QUERY_BLOCK = 504;

  private static final int CACHE_LINE = 64;

  /** What a worker needs beside the operands. */
  static final class Workspace {
    private final float[] queries = new float[TileKernel.TILE];
    private final float[] scores = new float[TileKernel.TILE];
    private final float[] product = new float[TileKernel.TILE];
    private final float[] output = new float[TileKernel.TILE];
    private final float[] sums = new float[TILE_ROWS * COUNT];
    private final float[] maxima = new float[TILE_ROWS];
    private final int[] visible = new int[TILE_ROWS];
  }

  /**
   * Part of one segment's rows and one key-value head.
   *
   * @param used keys that any of its rows sees
   */
  private record Task(Context context, int keyValueHead, int firstRow, int lastRow, int used) {
    /** Keys with the zeros that fill their last tile. */
    int padded() {
      return roundUp(used, KEY_TILE);
    }
  }

  /** What one layer reads and writes. */
  private record Layer(HeadRows queries, int number, HostTensor out) {}

  private final VectorKernels kernels;
  private final AttentionShape shape;
  private final int headColumns;
  private final List<Task> tasks = new ArrayList<>();
  private final long panelBytes;

  TiledAttention(VectorKernels kernels, AttentionShape shape, List<Segment> segments) {
    super(shape, kernels.headFormat(shape), segments);
    this.kernels = kernels;
    this.shape = shape;
    headColumns = roundUp(shape.headSize(), PANEL);
    long largest = 0;
    for (Context context : contexts()) {
      Segment segment = context.segment();
      int length = segment.length();
      for (int row = segment.firstQuery(); row < length; row += QUERY_BLOCK) {
        int last = Math.min(row + QUERY_BLOCK, length);
        // A causal block's rows never look past its own last row.
        int used = segment.causal() ? context.before() + last : context.length();
        for (int head = 0; head < shape.keyValueHeads(); head++) {
          tasks.add(new Task(context, head, row, last, used));
        }
        largest = Math.max(largest, bytes(tasks.getLast()));
      }
    }
    panelBytes = Math.ceilDiv(largest, CACHE_LINE) * CACHE_LINE;
  }

  /** Bytes of a task's keys and values in panels. */
  private long bytes(Task task) {
    return (long) task.padded() * (shape.headSize() + headColumns) * Float.BYTES;
  }

  @Override
  public boolean rounds() {
    return false;
  }

  @Override
  public void run(HeadRows queries, int number, Operand out, ForwardMemory memory) {
    Layer layer = new Layer(queries, number, HostTensor.of(out));
    WorkerPool pool = kernels.pool();
    MemorySegment panels = memory.scratch(panelBytes * pool.size()).segment();
    pool.run(
        tasks.size(),
        (task, worker) ->
            run(
                tasks.get(task),
                layer,
                panels.asSlice(worker * panelBytes, panelBytes),
                kernels.attention(worker)));
  }

  private void run(Task task, Layer layer, MemorySegment panels, Workspace workspace) {
    Context context = task.context;
    Segment segment = context.segment();
    int padded = task.padded();
    long valuesAt = (long) padded * shape.headSize() * Float.BYTES;
    panels.asSlice(0, bytes(task)).fill((byte) 0);
    pack(task, layer.number, panels, valuesAt);

    int group = shape.heads() / shape.keyValueHeads();
    for (int head = task.keyValueHead * group; head < (task.keyValueHead + 1) * group; head++) {
      for (int row = task.firstRow; row < task.lastRow; row += TILE_ROWS) {
        int rows = Math.min(TILE_ROWS, task.lastRow - row);
        for (int i = 0; i < rows; i++) {
          workspace.visible[i] =
              segment.causal() ? context.before() + row + i + 1 : context.length();
        }
        attend(layer, context.query(row), rows, head, padded, panels, valuesAt, workspace);
      }
    }
  }

  /** Copies a task's keys, transposed, and values into panels. */
  private void pack(Task task, int layer, MemorySegment panels, long valuesAt) {
    Context context = task.context;
    int end = task.used;
    while (true) {
      HeadRows keys = context.keyValues().keys(layer);
      HeadRows values = context.keyValues().values(layer);
      for (int position = context.before(); position < end; position++) {
        int row = context.segment().start() + position - context.before();
        packKey(keys, keys.at(task.keyValueHead, row), position, panels);
        packValue(
            values, values.at(task.keyValueHead, row), position, task.padded(), panels, valuesAt);
      }
      if (context.segment().parent() == Segment.ROOT) {
        return;
      }
      end = context.before();
      context = contexts().get(context.segment().parent());
    }
  }

  private void packKey(HeadRows keys, long from, int position, MemorySegment panels) {
    int size = shape.headSize();
    long to = ((long) (position / PANEL) * size * PANEL + position % PANEL) * Float.BYTES;
    for (int d = 0; d < size; d++) {
      panels.set(ValueLayout.JAVA_FLOAT_UNALIGNED, to + 4L * d * PANEL, element(keys, from, d));
    }
  }

  private void packValue(
      HeadRows values, long from, int position, int padded, MemorySegment panels, long valuesAt) {
    int size = shape.headSize();
    for (int column = 0; column < size; column += PANEL) {
      long to = valuesAt + ((long) column * padded + (long) position * PANEL) * Float.BYTES;
      int count = Math.min(PANEL, size - column);
      if (values.format().dtype() == DType.F32) {
        MemorySegment.copy(values.data(), from + 4L * column, panels, to, 4L * count);
        continue;
      }
      for (int i = 0; i < count; i++) {
        panels.set(
            ValueLayout.JAVA_FLOAT_UNALIGNED, to + 4L * i, element(values, from, column + i));
      }
    }
  }

  /** An element of the head of a row that starts at a byte offset. */
  private static float element(HeadRows rows, long at, int index) {
    return rows.format().dtype() == DType.F32
        ? rows.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * index)
        : Formats.bf16ToFloat(rows.data().get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2L * index));
  }

  /** One tile of query rows of one head against all its keys. */
  private void attend(
      Layer layer,
      int row,
      int rows,
      int head,
      int padded,
      MemorySegment panels,
      long valuesAt,
      Workspace workspace) {
    int size = shape.headSize();
    int height = TileKernel.height(rows);
    packQueries(layer.queries, row, rows, height, head, workspace.queries);
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
      writeRow(layer.out, row + i, i, head, workspace);
    }
  }

  private void packQueries(
      HeadRows from, int row, int rows, int height, int head, float[] queries) {
    int size = shape.headSize();
    for (int i = 0; i < height; i++) {
      if (i >= rows) {
        Arrays.fill(queries, i * STRIDE, i * STRIDE + size, 0);
        continue;
      }
      long at = from.at(head, row + i);
      for (int d = 0; d < size; d++) {
        queries[i * STRIDE + d] = element(from, at, d) * shape.scale();
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

  private void writeRow(HostTensor out, int row, int i, int head, Workspace workspace) {
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
