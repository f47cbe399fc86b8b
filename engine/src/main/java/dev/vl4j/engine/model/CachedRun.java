package dev.vl4j.engine.model;

import dev.vl4j.engine.batch.PrefixTree;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.KeyValues;

/**
 * The keys and values of a run of tokens in every layer: all that later tokens need of them.
 *
 * @param computation the forward that computes them
 */
record CachedRun(Backend backend, KeyValues keyValues, Computation computation)
    implements PrefixTree.Cached<CachedRun> {
  @Override
  public long bytes() {
    return keyValues.bytes();
  }

  @Override
  public PrefixTree.Split<CachedRun> split(int at) {
    CachedRun first = run(at);
    boolean done = false;
    try {
      CachedRun second = run(keyValues.rows() - at);
      try (Forward forward = backend.begin()) {
        forward.copy(keyValues, 0, first.keyValues);
        forward.copy(keyValues, at, second.keyValues);
        done = true;
      } finally {
        if (!done) {
          second.close();
        }
      }
      close();
      return new PrefixTree.Split<>(first, second);
    } finally {
      if (!done) {
        first.close();
      }
    }
  }

  private CachedRun run(int rows) {
    return new CachedRun(
        backend, backend.keyValues(keyValues.shape(), keyValues.layers(), rows), computation);
  }

  @Override
  public void close() {
    keyValues.close();
  }
}
