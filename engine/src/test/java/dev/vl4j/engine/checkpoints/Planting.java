package dev.vl4j.engine.checkpoints;

/**
 * How a random checkpoint gets the outlier channels that trained models have: a few that are 20 to
 * 100 times larger than the others, some 1000 times. Each way keeps them from drowning the rest.
 */
public enum Planting {
  /** No outliers, to compare with. */
  NONE,

  /**
   * Large weights in norms, and in the rows of {@code up_proj}; what reads such a channel has
   * weights that are smaller by the same factor. In exact arithmetic nothing changes.
   */
  NORMS,

  /**
   * Channels of the residual stream that hold much the same large value in every token, two of them
   * a thousand times the ordinary one; what reads them has smaller weights.
   */
  CONSTANTS,

  /**
   * Two channels with one large value, read with ordinary weights of opposite signs, so that what
   * counts is a small difference. It cannot be scaled away. Besides, {@code <|im_start|>} has two
   * channels of a thousand, as models have at their first token.
   */
  PAIRS
}
