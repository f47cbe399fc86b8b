package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.PANEL;
import static dev.vl4j.kernels.cpu.vector.Lanes.TILE_ROWS;
import static dev.vl4j.kernels.cpu.vector.TileKernel.STRIDE;

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

/**
 * {@link CpuAttention} in float32, in tiles of keys with an online softmax (Milakov and Gimelshein
 * 2018; Dao et al. 2022), so that no score matrix is ever in memory.
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

  /**
   * Query rows of a tile.
   *
   * @param visible keys that the first of them sees
   * @param more keys that each sees beyond those of the row before
   */
  private record Rows(int first, int count, int visible, int more) {
    /** How many of the keys from one on, and of at most so many, a row sees. */
    int seen(int row, int from, int most) {
      return Math.clamp(visible + row * more - from, 0, most);
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

  private void run(Task task, Layer layer, MemorySegment panels, AttentionTile tile) {
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
        // What the first row sees; each further one sees one key more, if rows see what is before.
        int visible = segment.causal() ? context.before() + row + 1 : context.length();
        Rows tiled = new Rows(context.query(row), rows, visible, segment.causal() ? 1 : 0);
        attend(layer, tiled, head, padded, panels, valuesAt, tile);
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
      Rows rows,
      int head,
      int padded,
      MemorySegment panels,
      long valuesAt,
      AttentionTile tile) {
    int size = shape.headSize();
    int count = rows.count;
    packQueries(layer.queries, rows.first, count, TileKernel.height(count), head, tile.queries);
    tile.start(count, headColumns);

    int limit = rows.visible + (count - 1) * rows.more;
    for (int first = 0; first < limit; first += KEY_TILE) {
      int depth = Math.min(KEY_TILE, roundUp(limit - first, PANEL));
      long keys = (long) first * size * Float.BYTES;
      long nextKeys = (long) PANEL * size * Float.BYTES;
      tile.multiply(count, tile.queries, size, panels, keys, nextKeys, depth / PANEL, tile.scores);
      for (int i = 0; i < count; i++) {
        tile.seen[i] = rows.seen(i, first, depth);
      }
      tile.softmax(count, depth, headColumns);
      long values = valuesAt + (long) first * PANEL * Float.BYTES;
      long nextValues = (long) PANEL * padded * Float.BYTES;
      tile.multiply(
          count, tile.scores, depth, panels, values, nextValues, headColumns / PANEL, tile.product);
      tile.addProduct(count, headColumns);
    }
    tile.write(count, size, layer.out, rows.first, head * size);
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

  private static int roundUp(int value, int multiple) {
    return (value + multiple - 1) / multiple * multiple;
  }
}
