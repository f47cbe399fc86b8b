package dev.vl4j.kernels.x86;

import java.lang.foreign.MemorySegment;

/**
 * Attention of one tile: scores of query rows with a tile of keys, their softmax relative to the
 * largest score so far, and the weighted values added to what was summed so far.
 */
public interface AttentionTiles {
  /** Query rows of the largest tile; memory of rows is always for so many. */
  int rows();

  /**
   * Rows are computed so many at a time. What becomes of rows past the last is of no interest, but
   * up to a multiple they should start like the others, so that they do not cost more.
   */
  int rowPadding();

  /** Rows of queries and columns of keys are padded with zeros to a multiple of so many bytes. */
  int stepBytes();

  /** How query rows lie in memory. */
  OperandLayout layout();

  /**
   * @param rows 1 to {@link #rows}
   * @param masked whether a row may see fewer keys than the tile's panels hold
   * @param frame the arguments, see {@link AttentionSlot}
   */
  void attend(int rows, boolean masked, MemorySegment frame);
}
