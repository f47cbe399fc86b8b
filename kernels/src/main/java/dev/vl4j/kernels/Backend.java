package dev.vl4j.kernels;

import java.util.List;

/**
 * The operations of a forward pass on one device. A backend owns its memory and its threads; an
 * operation is whole, so that a device never waits for the host.
 *
 * <p>Every output row is computed from its own inputs in a fixed order, so a result does not depend
 * on neighbours in the batch or on the number of threads. Operations are called from one thread at
 * a time. Operands that do not fit together are refused with a {@link BackendException} that names
 * the operation and the shapes.
 */
public interface Backend extends AutoCloseable {
  /** Name for people, with the active instruction set: {@code cpu (Vector API, 512 bit)}. */
  String description();

  /**
   * Whether there are kernels for products of this format. Where there are none, {@link #linear}
   * computes what the format says through float32 products, and no faster than those.
   */
  default boolean hasKernels(OperandFormat operands) {
    return operands == OperandFormat.F32;
  }

  /** Memory for an activation [rows, columns], contents undefined. */
  Tensor allocate(int rows, int columns);

  /** A copy of {@code values}, row-major [rows, columns], in this backend's memory. */
  Tensor upload(float[] values, int rows, int columns);

  /** The elements of {@code tensor}, row-major. */
  float[] download(Tensor tensor);

  /**
   * Prepares a linear layer's weight, [outFeatures, inFeatures]. Several parts with the same number
   * of columns are stacked: their outputs stand side by side in one output row. The parts' memory
   * is not needed afterwards.
   */
  Linear prepare(List<HostMatrix> parts, OperandFormat operands);

  /**
   * Prepares the two weights of a gated layer, both [outFeatures, inFeatures]: {@link #linear} with
   * it computes {@code silu(x gate') * (x up')} in one pass, and takes no epilogue.
   */
  Linear prepareGated(HostMatrix gate, HostMatrix up, OperandFormat operands);

  /**
   * Names the form in which weights for these operands are prepared here. Memory that one backend
   * has added to a {@link PreparedStore} serves another if theirs are equal.
   *
   * @throws BackendException if this backend keeps no prepared weights
   */
  default String preparedLayout(OperandFormat operands) {
    throw new BackendException(
        "prepare: the backend \"%s\" keeps no prepared weights".formatted(description()));
  }

  /**
   * From now on, weights that the store has are not prepared but taken from it, and others are
   * added to it. Weights from it must be closed before it is.
   *
   * @throws BackendException if this backend keeps no prepared weights
   */
  default void prepareFrom(PreparedStore store) {
    throw new BackendException(
        "prepare: the backend \"%s\" keeps no prepared weights".formatted(description()));
  }

  /** A table for row look-ups. The matrix's memory must stay valid as long as the table is used. */
  RowTable table(HostMatrix matrix);

  /**
   * {@code out = residual + activation(x W' + bias)}, or what {@link #prepareGated} says.
   *
   * @param x [rows, inFeatures]
   * @param out [rows, outFeatures]; shares no memory with {@code x} or the residual
   */
  void linear(Tensor x, Linear weight, Epilogue epilogue, Tensor out);

  /**
   * {@code out = x / sqrt(mean(x^2) + epsilon) * weight}, row by row.
   *
   * @param weight [1, columns]
   * @param out [rows, columns]; may be {@code x}
   */
  void rmsNorm(Tensor x, Tensor weight, float epsilon, Tensor out);

  /**
   * {@code out = (x - mean(x)) / sqrt(var(x) + epsilon) * weight + bias}, row by row.
   *
   * @param weight [1, columns]
   * @param bias [1, columns]
   * @param out [rows, columns]; may be {@code x}
   */
  void layerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon, Tensor out);

  /**
   * {@link #rmsNorm} of each head on its own, in place.
   *
   * @param x [rows, heads * headSize]
   * @param weight [1, headSize]
   */
  void rmsNormHeads(Tensor x, Tensor weight, float epsilon);

  /**
   * Rotary position embedding of each head, in place: elements {@code i} and {@code i + headSize/2}
   * are a pair that is turned by row's angle {@code i}.
   *
   * @param x [rows, heads * headSize]
   * @param cosine [rows, headSize / 2]
   * @param sine [rows, headSize / 2]
   */
  void rotate(Tensor x, Tensor cosine, Tensor sine);

  /**
   * {@code softmax(scale q k') v} over what each row's segment lets it see.
   *
   * @param query [queries, heads * headSize], the rows of the segments that attend, in the order of
   *     their rows
   * @param key [rows, keyValueHeads * headSize]
   * @param value [rows, keyValueHeads * headSize]
   * @param segments cover all rows, without overlap
   * @param out [queries, heads * headSize]; shares no memory with the inputs
   */
  void attention(
      Tensor query,
      Tensor key,
      Tensor value,
      AttentionShape shape,
      List<Segment> segments,
      Tensor out);

  /**
   * Row {@code i} of {@code out} becomes row {@code rows[i]} of the table.
   *
   * @param out [rows.length, table.columns]
   */
  void gather(RowTable table, int[] rows, Tensor out);

  /**
   * Adds to row {@code i} of {@code out} the sum over {@code t < taps} of {@code weights[i * taps +
   * t]} times row {@code rows[i * taps + t]} of the table: an interpolated position embedding.
   *
   * @param out [rows.length / taps, table.columns]
   */
  void addInterpolated(RowTable table, int[] rows, float[] weights, int taps, Tensor out);

  /** Row {@code destinations[i]} of {@code out} becomes row {@code sources[i]} of {@code x}. */
  void copyRows(Tensor x, int[] sources, Tensor out, int[] destinations);

  /** Row {@code i} of {@code x} is added to row {@code destinations[i]} of {@code out}. */
  void addRows(Tensor x, Tensor out, int[] destinations);

  @Override
  void close();
}
