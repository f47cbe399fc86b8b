package dev.vl4j.kernels.cpu.vector;

import dev.vl4j.kernels.cpu.family.HeadRows;
import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.FloatCode;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A block of one head's query rows on its way through attention: what a worker keeps of it, and the
 * steps of {@link TiledAttention} that compute.
 */
abstract class AttentionBlock {
  /** Most rows of a block: whole tiles of products, {@link Lanes#TILE_ROWS} each. */
  static final int ROWS = 96;

  /** How many of a tile's keys each row sees. */
  final int[] seen = new int[ROWS];

  private final HeadReader reader = new HeadReader();

  /** On machine code, if there is any. */
  static AttentionBlock of(@Nullable FloatCode code) {
    return code == null ? new VectorAttentionBlock() : new EmittedAttentionBlock(code);
  }

  /**
   * Takes queries and forgets all keys.
   *
   * @param row the first
   */
  final void start(HeadRows from, int head, int row, int rows, float scale) {
    int size = from.format().size();
    float[] queries = reader.read(from, head, row, rows);
    for (int i = 0; i < rows * size; i++) {
      queries[i] *= scale;
    }
    start(queries, rows, size);
  }

  /**
   * Forgets all keys.
   *
   * @param queries times scale, {@code [rows][size]}; the array may be longer
   * @param size of a head
   */
  abstract void start(float[] queries, int rows, int size);

  /**
   * Some rows with some tiles of keys that follow each other.
   *
   * @param from the first row: that of a tile of products
   * @param to row after the last
   * @param keys of a tile that are computed with: whole panels
   * @param masked whether some row does not see all of them; {@link #seen} says how many
   * @param first where the first tile is
   */
  abstract void attend(
      int from,
      int to,
      int keys,
      boolean masked,
      MemorySegment packed,
      KeyValueTiles.Place first,
      int tiles);

  /**
   * Writes the output, divided by the sums of weights.
   *
   * @param row of {@code out} where the first goes
   * @param column where the head starts
   */
  abstract void write(HostTensor out, int row, int column);
}
