package dev.vl4j.kernels.cpu.family;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.memory.ForwardMemory;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A weight in panels, with the kernels that multiply with it. */
public abstract class PanelLinear implements Linear {
  private final int outFeatures;
  private final int inFeatures;
  private final boolean gated;
  private final int panels;

  private final OperandFormat operands;

  protected PanelLinear(PackedRows rows, OperandFormat operands) {
    this.operands = operands;
    outFeatures = rows.outFeatures();
    inFeatures = rows.inFeatures();
    gated = rows.gated();
    panels = rows.panels();
  }

  /** The weight behind a handle, which must be of this backend and open. */
  public static PanelLinear of(Linear weight) {
    if (!(weight instanceof PanelLinear own)) {
      throw new BackendException(
          "expected a weight of this backend, found " + weight.getClass().getSimpleName());
    }
    if (!own.isOpen()) {
      throw new BackendException(
          "the weight [%d, %d] is closed".formatted(own.outFeatures, own.inFeatures));
    }
    return own;
  }

  /**
   * Packs this weight and hands it to a store; closes it if either fails.
   *
   * @param pack fills the memory in
   * @param name of the weight in the store
   * @param memory what is stored, read after packing
   */
  protected final void fill(
      Runnable pack, PreparedStore store, String name, List<MemorySegment> memory) {
    boolean ready = false;
    try {
      pack.run();
      store.add(name, memory);
      ready = true;
    } finally {
      if (!ready) {
        close();
      }
    }
  }

  public abstract boolean isOpen();

  /** What {@link #multiply} reads best. */
  public Operand operand(int rows, ForwardMemory memory) {
    return memory.tensor(rows, inFeatures);
  }

  /** Whether {@link #multiply} can write a rounded operand, beside a tensor. */
  public abstract boolean rounds();

  /**
   * {@code out = residual + activation(x W' + bias)}, or {@code silu(gate) * up}.
   *
   * @param x an {@link #operand}, or a tensor
   */
  public abstract void multiply(Operand x, Epilogue epilogue, Operand out, ForwardMemory memory);

  public final int panels() {
    return panels;
  }

  @Override
  public final int outFeatures() {
    return outFeatures;
  }

  @Override
  public final int inFeatures() {
    return inFeatures;
  }

  @Override
  public final OperandFormat operands() {
    return operands;
  }

  @Override
  public final boolean gated() {
    return gated;
  }
}
