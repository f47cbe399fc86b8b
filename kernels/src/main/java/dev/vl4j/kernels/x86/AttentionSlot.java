package dev.vl4j.kernels.x86;

/**
 * The arguments of {@link AttentionTiles#attend}: 64-bit words of a frame in memory, in this order.
 * All memory is the caller's.
 */
public enum AttentionSlot implements FrameSlot {
  /** Rows of the query, bfloat16, in {@link AttentionTiles#layout}. */
  QUERIES,
  /** Bytes from one block of query rows to the next. */
  QUERY_STRIDE,
  /** The key tile, [panel of 32 keys][headSize / 2][32][2], padded like queries. */
  KEYS,
  /** Bytes from one panel of keys to the next. */
  KEY_PANEL_BYTES,
  /** The value tile, [panel of 32 elements][{@link Bf16Code#KEY_TILE} / 2][32][2]. */
  VALUES,
  /** Scratch, [rows][{@link Bf16Code#KEY_TILE}] float32. */
  SCORES,
  /** Scratch, [rows][{@link Bf16Code#KEY_TILE}] bfloat16; at a multiple of 1024. */
  WEIGHTS,
  /** Sums of weighted values so far, [rows][value panels * 32] float32. */
  OUTPUT,
  /** Bytes from one row of the output to the next. */
  OUTPUT_STRIDE,
  /**
   * What each row's weights are relative to, [rows][16] float32. At first, all bytes are {@link
   * Bf16Code#NO_STATE}.
   */
  STATE,
  /** Sums of weights so far, [rows][16] float32, to be added up in the end. */
  SUMS,
  /** How many keys of the tile each row sees, [rows] int32; read by the masked kernel alone. */
  VISIBLE,
  /** The head's size in depth steps of the tile. */
  DEPTH_STEPS,
  /** Panels of 32 keys in this tile, at least 1. */
  KEY_PANELS,
  /** Panels of 32 elements of a value. */
  VALUE_PANELS,
  /** What {@link Bf16Code#attentionConstants} gives, as int32. */
  CONSTANTS,
  /** How often the products' and the softmax's rows go into the tile's; not the caller's to set. */
  QUERY_TILES,
  /** Likewise. */
  ROW_GROUPS;

  /** Bytes of a frame. */
  public static final int FRAME_BYTES = Long.BYTES * values().length;
}
