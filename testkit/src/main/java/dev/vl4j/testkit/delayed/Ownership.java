package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Indices;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an operation of a forward may use: what is open, and of this backend and forward. All
 * methods give what stands for a handle here, and take the operation's name for messages.
 */
record Ownership(DelayedBackend backend, ForwardCommands forward) {
  private <T> T own(String operation, Object handle, Class<T> type) {
    if (!type.isInstance(handle)) {
      throw new BackendException(
          "%s: %s is of another kind of backend".formatted(operation, handle));
    }
    T own = type.cast(handle);
    Handle<?> memory = own instanceof DeviceOperand operand ? operand.memory() : (Handle<?>) own;
    memory.check(operation, backend, forward);
    return own;
  }

  DelayedTensor tensor(String operation, Tensor tensor) {
    return own(operation, tensor, DelayedTensor.class);
  }

  @Nullable DelayedTensor optionalTensor(String operation, @Nullable Tensor tensor) {
    return tensor == null ? null : tensor(operation, tensor);
  }

  DeviceOperand operand(String operation, Operand operand) {
    return own(operation, operand, DeviceOperand.class);
  }

  /** Queries for attention of a shape. */
  DelayedOperand queries(String operation, Operand queries, AttentionShape shape) {
    DelayedOperand own = own(operation, queries, DelayedOperand.class);
    own.requireFor(operation, shape);
    return own;
  }

  DelayedLinear weight(String operation, Linear weight) {
    return own(operation, weight, DelayedLinear.class);
  }

  DelayedTable table(String operation, RowTable table) {
    return own(operation, table, DelayedTable.class);
  }

  DelayedIndices indices(String operation, Indices indices) {
    return own(operation, indices, DelayedIndices.class);
  }

  DelayedRotary rotary(String operation, Rotary rotary) {
    return own(operation, rotary, DelayedRotary.class);
  }

  DelayedKeyValues keyValues(String operation, KeyValues keyValues) {
    return own(operation, keyValues, DelayedKeyValues.class);
  }

  /** A plan whose keys and values are all open. */
  DelayedPlan plan(String operation, AttentionPlan plan) {
    DelayedPlan own = own(operation, plan, DelayedPlan.class);
    for (Segment segment : own.segments()) {
      keyValues(operation, segment.keyValues());
    }
    return own;
  }

  /** What an operation on heads reads, as far as it does. */
  static List<Handle<?>> present(
      DelayedTensor projected,
      @Nullable DelayedTensor weight,
      @Nullable DelayedTensor otherWeight,
      DelayedRotary angles,
      @Nullable DelayedPlan plan) {
    List<Handle<?>> handles = new ArrayList<>(List.of(projected.memory(), angles));
    if (weight != null) {
      handles.add(weight.memory());
    }
    if (otherWeight != null) {
      handles.add(otherWeight.memory());
    }
    if (plan != null) {
      handles.add(plan);
    }
    return handles;
  }

  static void requireApart(String operation, DeviceOperand in, DeviceOperand out) {
    if (in == out
        || (in instanceof DelayedTensor x && out instanceof DelayedTensor y && x.overlaps(y))) {
      throw new BackendException(
          "%s: the output %s shares memory with the input %s".formatted(operation, out, in));
    }
  }

  /** For what may be done in place. */
  static void requireApartOrSame(String operation, DelayedTensor in, DeviceOperand out) {
    if (!(out instanceof DelayedTensor to && to.isSame(in))) {
      requireApart(operation, in, out);
    }
  }
}
