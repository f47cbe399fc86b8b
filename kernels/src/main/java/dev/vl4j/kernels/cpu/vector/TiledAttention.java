package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.TILE_ROWS;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.cpu.family.CpuAttention;
import dev.vl4j.kernels.cpu.family.HeadRows;
import dev.vl4j.kernels.cpu.family.WorkerPool;
import dev.vl4j.kernels.memory.ForwardMemory;
import dev.vl4j.kernels.memory.HostTensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * {@link CpuAttention} in float32, in tiles of keys with an online softmax (Milakov and Gimelshein
 * 2018; Dao et al. 2022), so that no score matrix is ever in memory.
 *
 * <p>Tiles of keys start at multiples of {@link KeyValueTiles#KEYS} of a row's logical sequence,
 * wherever segments end, and a key that a row must not see adds an exact zero. So a row's result is
 * bitwise the same whether its context is one segment or several, and whatever rows share its tile.
 *
 * <p>Keys and values are packed once, in tiles that all query rows share.
 */
final class TiledAttention extends CpuAttention {
  /** Bytes of packed keys and values at a time, unless one head alone has more. */
  private static final long PACKED_BYTES = 32L << 20;

  /** Most tiles of keys in a call of machine code, for which the collector waits. */
  private static final int TILES = 8;

  /** Some rows of a segment, whatever the head. */
  private record Block(int segment, int firstRow, int lastRow) {
    int rows() {
      return lastRow - firstRow;
    }
  }

  /**
   * What one layer reads and writes.
   *
   * @param firstHead key-value head that is packed first
   */
  private record Layer(
      HeadRows queries, int number, HostTensor out, MemorySegment packed, int firstHead) {}

  private final VectorKernels kernels;
  private final AttentionShape shape;
  private final KeyValueTiles tiles;
  private final List<Block> blocks = new ArrayList<>();

  TiledAttention(VectorKernels kernels, AttentionShape shape, List<Segment> segments) {
    super(shape, kernels.headFormat(shape), segments);
    this.kernels = kernels;
    this.shape = shape;
    tiles = new KeyValueTiles(shape, contexts());
    for (int number = 0; number < segments.size(); number++) {
      Segment segment = segments.get(number);
      for (int row = segment.firstQuery(); row < segment.length(); row += AttentionBlock.ROWS) {
        int last = Math.min(row + AttentionBlock.ROWS, segment.length());
        blocks.add(new Block(number, row, last));
      }
    }
  }

  @Override
  public boolean rounds() {
    return false;
  }

  @Override
  public void run(HeadRows queries, int number, Operand out, ForwardMemory memory) {
    int heads = shape.keyValueHeads();
    int atOnce = Math.clamp(PACKED_BYTES / Math.max(1, tiles.bytes()), 1, heads);
    MemorySegment packed = memory.scratch(tiles.bytes() * atOnce).segment();
    HostTensor to = HostTensor.of(out);
    for (int head = 0; head < heads; head += atOnce) {
      run(new Layer(queries, number, to, packed, head), Math.min(atOnce, heads - head));
    }
  }

  /** Attends with some key-value heads. */
  private void run(Layer layer, int heads) {
    WorkerPool pool = kernels.pool();
    pool.run(
        heads * tiles.count(),
        (task, worker) -> {
          int head = task / tiles.count();
          tiles.pack(
              task % tiles.count(),
              layer.number,
              layer.firstHead + head,
              packed(layer, head),
              kernels.packer(worker));
        });
    int group = shape.heads() / shape.keyValueHeads();
    pool.run(
        heads * group * blocks.size(),
        (task, worker) -> {
          int head = task / blocks.size();
          attend(
              blocks.get(task % blocks.size()),
              layer,
              layer.firstHead * group + head,
              packed(layer, head / group),
              kernels.attention(worker));
        });
  }

  /** Packed keys and values of a head, counted from the first that is packed. */
  private MemorySegment packed(Layer layer, int head) {
    return layer.packed.asSlice(head * tiles.bytes(), tiles.bytes());
  }

  private void attend(
      Block rows, Layer layer, int head, MemorySegment packed, AttentionBlock block) {
    Context context = contexts().get(rows.segment);
    int query = context.query(rows.firstRow);
    block.start(layer.queries, head, query, rows.rows(), shape.scale());
    int keys = seen(context, rows.lastRow);
    int whole = seen(context, rows.firstRow + 1) / KeyValueTiles.KEYS;
    int tile = 0;
    while (tile < whole) {
      KeyValueTiles.Place place = tiles.place(rows.segment, tile);
      int count = Math.min(Math.min(place.following(), whole - tile), TILES);
      block.attend(0, rows.rows(), KeyValueTiles.KEYS, false, packed, place, count);
      tile += count;
    }
    while (tile * KeyValueTiles.KEYS < keys) {
      attendPart(context, rows, tile, packed, block);
      tile++;
    }
    block.write(layer.out, query, head * shape.headSize());
  }

  /** A tile of keys that some rows do not see, or not whole: rows of the same depth at a time. */
  private void attendPart(
      Context context, Block rows, int tile, MemorySegment packed, AttentionBlock block) {
    int first = tile * KeyValueTiles.KEYS;
    for (int i = 0; i < rows.rows(); i++) {
      int seen = seen(context, rows.firstRow + i + 1);
      block.seen[i] = Math.clamp(seen - first, 0, KeyValueTiles.KEYS);
    }
    KeyValueTiles.Place place = tiles.place(rows.segment, tile);
    int row = 0;
    while (row < rows.rows()) {
      int depth = depth(block, rows, row);
      int end = row + TILE_ROWS;
      while (end < rows.rows() && depth(block, rows, end) == depth) {
        end += TILE_ROWS;
      }
      end = Math.min(end, rows.rows());
      if (depth > 0) {
        block.attend(row, end, depth, true, packed, place, 1);
      }
      row = end;
    }
  }

  /** How many keys the last of so many rows of a segment sees. */
  private static int seen(Context context, int rows) {
    return context.segment().causal() ? context.before() + rows : context.length();
  }

  /** Keys that a tile of rows computes with: those that its last row sees, in whole panels. */
  private static int depth(AttentionBlock block, Block rows, int row) {
    return Lanes.wholePanels(block.seen[Math.min(row + TILE_ROWS, rows.rows()) - 1]);
  }
}
