package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.KeyValues;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** Keys and values, with a note of which rows have been computed. */
final class DelayedKeyValues extends Handle<KeyValues> implements KeyValues {
  private final AttentionShape shape;
  private final int layers;
  private final int rows;
  private final BitSet[] computed;

  /** Of the model's layers, the one that is there now where there is only one at a time. */
  private int current;

  DelayedKeyValues(
      DelayedBackend backend,
      @Nullable ForwardCommands owner,
      AttentionShape shape,
      int layers,
      int rows) {
    super(
        backend,
        owner,
        "keyValues",
        "[%d layers, %d rows]".formatted(layers, rows),
        2L
            * layers
            * rows
            * shape.keyValueHeads()
            * shape.headSize()
            * DelayedOperand.elementBytes(shape.operands()));
    this.shape = shape;
    this.layers = layers;
    this.rows = rows;
    computed = new BitSet[layers];
    for (int layer = 0; layer < layers; layer++) {
      computed[layer] = new BitSet();
    }
  }

  void markComputed(int layer, int from, int to) {
    if (layers == 1 && layer != current) {
      computed[0].clear();
      current = layer;
    }
    computed[index(layer)].set(from, to);
  }

  void markCopied(DelayedKeyValues from, int start) {
    current = from.current;
    for (int layer = 0; layer < layers; layer++) {
      computed[layer] = from.computed[layer].get(start, start + rows);
    }
  }

  void requireComputed(String operation, int layer, int from, int to) {
    BitSet there = computed[index(layer)];
    int missing = there.nextClearBit(from);
    if (missing < to || (layers == 1 && layer != current)) {
      throw new BackendException(
          "%s: row %d of %s has not been computed in layer %d"
              .formatted(operation, missing < to ? missing : from, this, layer));
    }
  }

  @Override
  public AttentionShape shape() {
    return shape;
  }

  @Override
  public int layers() {
    return layers;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public long bytes() {
    return allocation.bytes();
  }

  @Override
  public void close() {
    if (owner == null) {
      backend.closeOwned(this, Poison::keyValues, KeyValues::close);
    } else {
      owner.close(this, KeyValues::close);
    }
  }
}
