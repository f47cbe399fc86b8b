package dev.vl4j.kernels.x86;

/**
 * The arguments of {@link OutputCode#write}: 64-bit words of a frame in memory, in this order.
 * Addresses are the caller's to keep valid; which are read depends on the {@link OutputKind}.
 */
public enum OutputSlot implements FrameSlot {
  /** Rows, at least 1. */
  ROWS,
  /** Sums of one panel, [rows][columns of a panel] float32 or int32, without gaps. */
  SUMS,
  /** The first row's first column that the panel makes, float32 or bfloat16. */
  OUT,
  /** Bytes from one output row to the next. */
  OUT_STRIDE,
  /** Where the next call will write its first row, or anywhere: those rows are fetched already. */
  NEXT_OUT,
  /** What is added to it. */
  RESIDUAL,
  /** What the next call will add, as {@link #NEXT_OUT}. */
  NEXT_RESIDUAL,
  /** Bytes from one residual row to the next. */
  RESIDUAL_STRIDE,
  /** A float32 for each of the panel's columns. */
  BIAS,
  /** A bit for each of the panel's columns that exists. */
  MASKS,
  /** Constants of the activations, float32; filled in by {@link OutputCode#write}. */
  CONSTANTS,
  /** What an offset of the activations adds to each column's sums, int32. */
  COMPENSATION,
  /** What a 1 stands for in each of the panel's columns, float32. */
  COLUMN_SCALES,
  /** What a 1 stands for in each row, float32. */
  ROW_SCALES,
  /**
   * For each row three 64-bit words: the address of its high digits, and how many groups of {@link
   * OutputCode#HIGH_GROUP} are positive and how many, after those, negative. A digit is {@link
   * OutputCode#HIGH_BYTES} bytes: the byte offset of its weights in the panel, 64 bits, and a word
   * of operands, 32 bits, with its magnitude in the element's place and zeros elsewhere.
   */
  HIGH_DIGITS,
  /** The panel's weights. */
  WEIGHTS;

  /** Bytes of a frame. */
  public static final int FRAME_BYTES = Long.BYTES * values().length;
}
