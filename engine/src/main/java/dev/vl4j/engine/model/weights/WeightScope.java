package dev.vl4j.engine.model.weights;

import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Tensor;

/**
 * The weights under a common prefix of their names. A tower asks for its weights by the rest, so it
 * serves every checkpoint that has them somewhere.
 *
 * @param prefix what all names begin with, the last dot included
 */
public record WeightScope(WeightStore store, String prefix) {
  /** The weights under a longer prefix. */
  public WeightScope within(String more) {
    return new WeightScope(store, prefix + more);
  }

  /** A vector [1, size], such as a bias or a norm's weight. */
  public Tensor vector(String name, int size) {
    return store.vector(prefix + name, size);
  }

  /** Weights [outFeatures, inFeatures] whose outputs stand side by side. */
  public Linear linear(int inFeatures, WeightStore.Part... parts) {
    WeightStore.Part[] named = new WeightStore.Part[parts.length];
    for (int i = 0; i < parts.length; i++) {
      named[i] = new WeightStore.Part(prefix + parts[i].name(), parts[i].outFeatures());
    }
    return store.linear(inFeatures, named);
  }

  /** The two weights [outFeatures, inFeatures] of a gated linear layer. */
  public Linear gatedLinear(int inFeatures, int outFeatures, String gateName, String upName) {
    return store.gatedLinear(inFeatures, outFeatures, prefix + gateName, prefix + upName);
  }

  /** As {@link WeightStore#stillPatchLinear}. */
  public Linear stillPatchLinear(String name, WeightStore.PatchShape shape) {
    return store.stillPatchLinear(prefix + name, shape);
  }

  /** As {@link WeightStore#framePatchLinear}. */
  public Linear framePatchLinear(String name, WeightStore.PatchShape shape, int frame) {
    return store.framePatchLinear(prefix + name, shape, frame);
  }

  /** A table [rows, columns]. */
  public RowTable table(String name, int rows, int columns) {
    return store.table(prefix + name, rows, columns);
  }

  /** To what attention rounds its operands. */
  public OperandFormat attentionOperands() {
    return store.attentionOperands();
  }
}
