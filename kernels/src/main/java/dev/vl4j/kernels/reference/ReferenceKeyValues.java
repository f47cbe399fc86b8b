package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.KeyValues;

/**
 * Keys and values as one tensor, [layers * rows, keys and values], layer after layer.
 *
 * @param rows of each layer
 */
record ReferenceKeyValues(AttentionShape shape, int layers, int rows, ReferenceTensor all)
    implements KeyValues {
  static ReferenceKeyValues of(AttentionShape shape, int layers, int rows, ReferenceMemory memory) {
    return new ReferenceKeyValues(
        shape,
        layers,
        rows,
        ReferenceTensor.empty(Math.multiplyExact(layers, rows), 2 * keyColumns(shape), memory));
  }

  /** Keys and values behind a handle, which must be of this backend and open. */
  static ReferenceKeyValues own(KeyValues keyValues) {
    if (keyValues instanceof ReferenceKeyValues own) {
      own.all.memory().requireOpen(() -> "keys and values of %d rows".formatted(own.rows));
      return own;
    }
    throw new BackendException(
        "reference: keys and values of another backend: " + keyValues.getClass());
  }

  private static int keyColumns(AttentionShape shape) {
    return shape.keyValueHeads() * shape.headSize();
  }

  /** A layer's keys, [rows, keyValueHeads * headSize]. */
  ReferenceTensor keys(int layer) {
    return layer(layer).columns(0, keyColumns(shape));
  }

  /** A layer's values, [rows, keyValueHeads * headSize]. */
  ReferenceTensor values(int layer) {
    return layer(layer).columns(keyColumns(shape), 2 * keyColumns(shape));
  }

  private ReferenceTensor layer(int layer) {
    int index = index(layer);
    return all.rows(index * rows, (index + 1) * rows);
  }

  @Override
  public long bytes() {
    return all.bytes();
  }

  @Override
  public void close() {
    all.close();
  }

  /** Each run of keys and values is itself alone. */
  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
