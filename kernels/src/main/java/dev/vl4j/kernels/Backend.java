package dev.vl4j.kernels;

import java.util.List;
import java.util.Optional;

/**
 * A device with the weights and the memory that programs hold on it. Several models may share one;
 * whoever has opened it closes it, after everything that it handed out.
 *
 * <p>Work is done in forwards ({@link #begin}). A row of a result is computed from its own inputs.
 * How far it depends on its neighbors in the batch all the same is the backend's {@link
 * #reproducibility}.
 *
 * <p>A backend belongs to the thread that opened it: that thread makes all calls on the backend and
 * on what it hands out, because devices keep their state by thread. Only {@link #memory} and the
 * sizes that handles report may be asked by any thread.
 *
 * <p>Operands that do not fit together are refused with a {@link BackendException} that names the
 * operation and the shapes, and so is what is closed or another backend's; memory that is not there
 * with an {@link OutOfDeviceMemoryException}.
 */
public interface Backend extends AutoCloseable, FormatSupport {
  /** Name for people, with what is in use: {@code cpu (Vector API, 512 bit, ...)}. */
  String description();

  /** How far a result depends on how it comes about. */
  Reproducibility reproducibility();

  /** The device's memory as it is now. */
  DeviceMemory memory();

  /**
   * Rows that a forward of the text model should have: more make no product faster, and whoever
   * waits for the next forward waits longer.
   */
  int preferredRows();

  /** How linear layers of this format are computed. */
  @Override
  Support supports(OperandFormat operands);

  /**
   * How attention over heads of this size is computed, with operands of this format; never in 8
   * bits.
   */
  Support supports(OperandFormat operands, int headSize);

  /** What only some backends can do, by its type: {@link PackedWeights}, for example. */
  default <T> Optional<T> capability(Class<T> type) {
    return Optional.empty();
  }

  /**
   * Prepares a linear layer's weight, [outFeatures, inFeatures]. Several parts with the same number
   * of columns are stacked: their outputs stand side by side in one output row. The parts' memory
   * is not needed afterwards.
   *
   * @param parts at least one, each [outFeatures of its own, inFeatures]
   * @param operands to what operands of its products are rounded
   */
  Linear prepare(List<HostMatrix> parts, OperandFormat operands);

  /**
   * Prepares the two weights of a gated layer, both [outFeatures, inFeatures]: {@link
   * Forward#linear} with it computes {@code silu(x gate') * (x up')} in one pass, and takes no
   * epilogue.
   *
   * @param operands to what operands of its products are rounded
   */
  Linear prepareGated(HostMatrix gate, HostMatrix up, OperandFormat operands);

  /** A table for row look-ups. The matrix's memory must stay valid until the table is closed. */
  RowTable table(HostMatrix matrix);

  /** A tensor that outlives forwards, contents undefined. */
  OwnedTensor tensor(int rows, int columns);

  /** A tensor that outlives forwards, with these values, row-major [rows, columns]. */
  OwnedTensor upload(float[] values, int rows, int columns);

  /** Keys and values of so many layers and rows that outlive forwards, contents undefined. */
  KeyValues keyValues(AttentionShape shape, int layers, int rows);

  /**
   * Starts a forward. Another one may still be open or be computed: a device does what it is given
   * in the order in which it is given it.
   */
  Forward begin();

  /** Frees the device. Forwards that are still computed come to their end first. */
  @Override
  void close();
}
