package dev.vl4j.engine.model;

import dev.vl4j.engine.batch.PrefixTree;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.Tensor;

/**
 * The keys, normed and rotated, and the values of a run of tokens in every layer: all that later
 * tokens need of them.
 */
final class KeyValues implements PrefixTree.Kept<KeyValues> {
  private final Backend backend;
  private final int layers;
  private final int tokens;

  /** [layers * tokens, keys and values], layer after layer. */
  private final Tensor all;

  /** Room for so many tokens; contents undefined. */
  KeyValues(Backend backend, int layers, int tokens, int columns) {
    this.backend = backend;
    this.layers = layers;
    this.tokens = tokens;
    all = backend.allocate(Math.multiplyExact(layers, tokens), columns);
  }

  int tokens() {
    return tokens;
  }

  /** Takes a layer's keys and values, [tokens, columns], from a tensor's row {@code from} on. */
  void read(int layer, Tensor keyValues, int from) {
    backend.copyRows(keyValues, Rows.run(from, tokens), all, Rows.run(layer * tokens, tokens));
  }

  /** Writes a layer's keys and values to a tensor's row {@code to} and after. */
  void write(int layer, Tensor keyValues, int to) {
    backend.copyRows(all, Rows.run(layer * tokens, tokens), keyValues, Rows.run(to, tokens));
  }

  @Override
  public long bytes() {
    return (long) all.rows() * all.columns() * Float.BYTES;
  }

  @Override
  public PrefixTree.Halves<KeyValues> split(int at) {
    KeyValues first = new KeyValues(backend, layers, at, all.columns());
    KeyValues second;
    try {
      second = new KeyValues(backend, layers, tokens - at, all.columns());
    } catch (RuntimeException | OutOfMemoryError e) {
      first.close();
      throw e;
    }
    for (int layer = 0; layer < layers; layer++) {
      first.read(layer, all, layer * tokens);
      second.read(layer, all, layer * tokens + at);
    }
    close();
    return new PrefixTree.Halves<>(first, second);
  }

  @Override
  public void close() {
    all.close();
  }
}
