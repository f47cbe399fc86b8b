package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.testkit.TestForward;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Fills memory with NaN, by operations that every backend has. For the device's thread.
 *
 * <p>What is allocated or freed is poisoned, so a result that depends on it is NaN, also where the
 * wrapped backend uses memory again.
 */
final class Poison {
  private final Forward forward;
  private @Nullable Tensor source;

  /**
   * @param forward of the wrapped backend, which does the operations
   */
  Poison(Forward forward) {
    this.forward = forward;
  }

  /** Poisons what outlives forwards. */
  static void in(Backend backend, Consumer<Poison> what) {
    try (Forward forward = backend.begin()) {
      what.accept(new Poison(forward));
    }
  }

  void tensor(Tensor tensor) {
    float[] values = new float[tensor.rows() * tensor.columns()];
    Arrays.fill(values, Float.NaN);
    forward.upload(values, tensor);
  }

  /** A poisoned tensor, until the next is asked for. */
  private Tensor source(int rows, int columns) {
    Tensor current = source;
    if (current == null || current.rows() < rows || current.columns() < columns) {
      int enoughRows = current == null ? rows : Math.max(rows, current.rows());
      int enoughColumns = current == null ? columns : Math.max(columns, current.columns());
      current = forward.tensor(enoughRows, enoughColumns);
      source = current;
    }
    Tensor part = current.rows(0, rows).columns(0, columns);
    tensor(part);
    return part;
  }

  /** What a linear layer reads. */
  void operand(Operand operand) {
    if (operand.rows() > 0) {
      Tensor x = source(operand.rows(), operand.columns());
      forward.rmsNorm(x, x.rows(0, 1), 0, operand);
    }
  }

  void queries(Operand queries, AttentionShape shape) {
    Tensor projected = source(queries.rows(), queries.columns());
    Rotary still = TestForward.still(forward, queries.rows(), shape.headSize());
    forward.queries(projected, HeadNorm.NONE, still, shape, queries);
  }

  /** All layers. */
  void keyValues(KeyValues keyValues) {
    if (keyValues.rows() == 0) {
      return;
    }
    AttentionShape shape = keyValues.shape();
    Segment all =
        Segment.computed(keyValues, 0, keyValues.rows(), Segment.ROOT, true).withQueries(0);
    AttentionPlan plan = forward.attention(shape, List.of(all));
    Rotary still = TestForward.still(forward, keyValues.rows(), shape.headSize());
    int columns = 2 * shape.keyValueHeads() * shape.headSize();
    for (int layer = 0; layer < keyValues.layers(); layer++) {
      Tensor projected = source(keyValues.rows(), columns);
      forward.keyValues(projected, HeadNorm.NONE, still, plan, layer);
    }
  }
}
