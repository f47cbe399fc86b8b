package dev.vl4j.kernels;

import org.jspecify.annotations.Nullable;

/**
 * The RMS norm of each head of queries or keys.
 *
 * @param weight [1, headSize], or null where heads are not normed
 * @param epsilon what is added to the mean of squares, as in {@link Forward#rmsNorm}
 */
public record HeadNorm(@Nullable Tensor weight, float epsilon) {
  /** Heads stay as they are. */
  public static final HeadNorm NONE = new HeadNorm(null, 0);
}
