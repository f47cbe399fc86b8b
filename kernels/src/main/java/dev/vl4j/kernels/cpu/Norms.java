package dev.vl4j.kernels.cpu;

import dev.vl4j.kernels.memory.HostTensor;
import dev.vl4j.kernels.x86.NormCode;
import dev.vl4j.kernels.x86.Tier;

/** Norms and rotations of some rows, all of which are of the tensors' full width. */
sealed interface Norms permits JavaNorms, EmittedNorms {
  /**
   * Emitted kernels where there are any, which give what Java's vectors of their width give.
   *
   * @param workers threads, whose numbers the operations take
   */
  static Norms of(Tier tier, int workers) {
    NormCode code = Lanes.COUNT == NormCode.LANES ? NormCode.of(tier) : null;
    return code == null ? new JavaNorms() : new EmittedNorms(code, workers);
  }

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
