package dev.vl4j.kernels.x86;

/**
 * The arguments of {@link FloatCode#attend}: 64-bit words of a frame in memory, in this order. The
 * kernel changes some. Addresses are the caller's to keep valid; numbers at them are float32 unless
 * another type is named.
 */
public enum FloatAttentionSlot implements FrameSlot {
  /** The kernel of products that overwrite; {@link FloatCode} sets it, as the next three. */
  MULTIPLY,
  /** The kernel of products that are added. */
  MULTIPLY_ADD,
  /** The kernel of the softmax. */
  SOFTMAX,
  /** Constants of the softmax. */
  CONSTANTS,
  /** Rows of the query times scale. */
  QUERIES,
  /** Scratch, rows of {@link #KEYS_OF_TILE}. */
  SCORES,
  /** Rows of the output so far. */
  OUTPUT,
  /** Bytes from one row of queries, of scores or of output to the next. */
  ROW_BYTES,
  /** Sums of weights so far, a vector for each row. */
  SUMS,
  /** The largest score so far of each row. */
  MAXIMA,
  /** How many of the tile's keys each row sees: int32; read only where some sees not all. */
  SEEN,
  /** Rows, at least 1: a multiple of a tile's. */
  ROWS,
  /** Tiles of rows, at least 1. */
  ROW_TILES,
  /** Bytes from one tile of rows to the next. */
  ROW_TILE_BYTES,
  /** Elements of a head. */
  HEAD_SIZE,
  /** Columns of output: whole panels. */
  COLUMNS,
  /** Keys of a tile: whole panels. */
  KEYS_OF_TILE,
  /** Key tiles, at least 1. */
  KEY_TILES,
  /** Bytes from one key tile to the next, of keys as of values. */
  KEY_TILE_BYTES,
  /** The first key tile, [panel of keys][HEAD_SIZE][PANEL]. */
  KEYS,
  /** Panels of a tile's keys. */
  KEY_PANELS,
  /** Bytes from one panel of keys to the next. */
  KEY_PANEL_BYTES,
  /** The first tile's values, [panel of COLUMNS][keys][PANEL]. */
  VALUES,
  /** Panels of {@link #COLUMNS}. */
  VALUE_PANELS,
  /** Bytes from one panel of values to the next. */
  VALUE_PANEL_BYTES;

  /** Bytes of a frame. */
  public static final int FRAME_BYTES = Long.BYTES * values().length;
}
