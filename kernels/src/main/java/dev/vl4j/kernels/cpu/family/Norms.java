package dev.vl4j.kernels.cpu.family;

import dev.vl4j.kernels.memory.HostTensor;

/** Norms and rotations of some rows, all of which are of the tensors' full width. */
public interface Norms {
  /**
   * {@code out = x / sqrt(mean(x^2) + epsilon) * weight} over each span of as many columns as
   * {@code weight} has; {@code out} may be {@code x}.
   */
  void rmsNorm(HostTensor x, HostTensor weight, float epsilon, HostTensor out, int worker);

  /** {@code out = (x - mean) / sqrt(variance + epsilon) * weight + bias} over each row. */
  void layerNorm(
      HostTensor x, HostTensor weight, HostTensor bias, float epsilon, HostTensor out, int worker);

  /**
   * Turns pairs of floats by their row's angles, one for each column of {@code cosine} and {@code
   * sine}: the pairs {@code (i, i + columns)} of each span of {@code 2 * columns}.
   */
  void rotate(HostTensor x, HostTensor cosine, HostTensor sine, int worker);
}
