package dev.vl4j.bench;

/**
 * One way to compute a {@link GemmProblem}, ready to run: weights in the layout it likes best,
 * several copies of them, so that a run finds its weights in memory and not in a cache.
 */
interface Contender extends AutoCloseable {
  /** Computes the product, with the next copy of the weights. */
  void run();

  /** What the last run computed, [rows, outFeatures]. */
  float[] output();

  /** Bytes of one prepared copy of the weights: what a run has to read of them. */
  long weightBytes();

  /** Which kernel computes it, in its library's words. */
  String implementation();

  @Override
  void close();
}
