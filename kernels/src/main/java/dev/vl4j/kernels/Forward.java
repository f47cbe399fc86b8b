package dev.vl4j.kernels;

import java.util.List;

/**
 * One forward pass: its operations, and all memory that only it needs. Closing it frees that
 * memory, also after a failure.
 *
 * <p>An operation only enqueues work. The device does it in order, later or at once; {@link
 * Readback#await} alone waits. A failure of the device is reported by the operation that meets it
 * or by a later one, at the latest by {@code await}.
 *
 * <p>Tensors are float32: they carry what is added up (the residual stream, sums of products).
 * {@link Operand}s are what products and attention read, kept in the format that their reader
 * wants, so that no reader has to convert them.
 */
public interface Forward extends AutoCloseable {
  /** A float32 tensor of this forward, contents undefined. */
  Tensor tensor(int rows, int columns);

  /** What a linear layer is to read, [rows, inFeatures], contents undefined. */
  Operand operand(int rows, Linear reader);

  /** Queries for attention, [rows, heads * headSize], contents undefined. */
  Operand queries(int rows, AttentionShape shape);

  /** Keys and values of one layer, for rows that no later forward needs, contents undefined. */
  KeyValues keyValues(AttentionShape shape, int rows);

  /** Row numbers on the device. */
  Indices indices(int[] rows);

  /**
   * Cosines and sines of rows' rotary angles, computed on the device.
   *
   * @param positions [axes][rows]
   */
  Rotary rotary(RotaryEmbedding embedding, int[][] positions);

  /** Plans attention, once for all layers. */
  AttentionPlan attention(AttentionShape shape, List<Segment> segments);

  /**
   * Brings values to the device.
   *
   * @param values row-major, as many as {@code out} has elements; they may change after this call
   */
  void upload(float[] values, Tensor out);

  /**
   * Brings bytes to the device and looks up there what they stand for: a picture's samples are a
   * quarter of the values that they become.
   *
   * @param samples row-major, as many as {@code out} has elements; they may change after this call
   * @param tables [tables][256]. Columns are shared out evenly and in order: with three tables,
   *     those of the first third are looked up in the first
   */
  void upload(byte[] samples, float[][] tables, Tensor out);

  /** {@code out = x}; both of one shape. */
  void copy(Tensor x, Tensor out);

  /** Row {@code i} of {@code out} becomes row {@code rows[i]} of {@code x}. */
  void gather(Tensor x, Indices rows, Tensor out);

  /** Row {@code i} of {@code out} becomes row {@code rows[i]} of the table. */
  void gather(RowTable table, Indices rows, Tensor out);

  /**
   * Adds to row {@code i} of {@code out} the sum over {@code t < taps} of {@code weights[i * taps +
   * t]} times row {@code rows[i * taps + t]} of the table: an interpolated position embedding.
   */
  void addInterpolated(RowTable table, Indices rows, float[] weights, int taps, Tensor out);

  /** {@code out += x}; both of one shape. */
  void add(Tensor x, Tensor out);

  /**
   * {@code out = x / sqrt(mean(x^2) + epsilon) * weight}, row by row.
   *
   * @param weight [1, columns]
   * @param out [rows, columns]; may be {@code x}
   */
  void rmsNorm(Tensor x, Tensor weight, float epsilon, Operand out);

  /**
   * {@code out = (x - mean(x)) / sqrt(var(x) + epsilon) * weight + bias}, row by row.
   *
   * @param weight [1, columns]
   * @param bias [1, columns]
   * @param out [rows, columns]; may be {@code x}
   */
  void layerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon, Operand out);

  /**
   * {@code out = residual + activation(x W' + bias)}, or what {@link Backend#prepareGated} says.
   *
   * @param x [rows, inFeatures]: an operand for this weight, or a tensor, which is rounded as it is
   *     read
   * @param out [rows, outFeatures]: a tensor, or an operand if there is no residual; shares no
   *     memory with {@code x} or the residual
   */
  void linear(Operand x, Linear weight, Epilogue epilogue, Operand out);

  /**
   * Takes a layer's queries, keys and values, which stand side by side, to where attention reads
   * them: norms the heads of queries and keys ({@link HeadNorm}), rotates them, and rounds all
   * three.
   *
   * @param projected [rows, (heads + 2 * keyValueHeads) * headSize], undefined afterwards. Its rows
   *     are those of the plan's computed segments, all of which attend
   * @param layer of the keys and values, 0 for those that have one layer
   * @param queries [rows, heads * headSize], from {@link #queries(int, AttentionShape)}
   */
  void queryKeyValues(
      Tensor projected,
      HeadNorm queryNorm,
      HeadNorm keyNorm,
      Rotary rotary,
      AttentionPlan plan,
      int layer,
      Operand queries);

  /**
   * The queries' part of {@link #queryKeyValues}, where fewer rows attend than have keys.
   *
   * @param projected [queries, heads * headSize], undefined afterwards
   * @param rotary of these rows
   * @param queries [queries, heads * headSize]
   */
  void queries(
      Tensor projected, HeadNorm norm, Rotary rotary, AttentionShape shape, Operand queries);

  /**
   * The part of {@link #queryKeyValues} that is not the queries'.
   *
   * @param projected [rows, 2 * keyValueHeads * headSize], undefined afterwards
   */
  void keyValues(Tensor projected, HeadNorm norm, Rotary rotary, AttentionPlan plan, int layer);

  /**
   * {@code softmax(scale q k') v} over what the plan lets each row see.
   *
   * @param queries [queries, heads * headSize], the plan's, in the order of its segments
   * @param layer as in {@link #queryKeyValues}
   * @param out [queries, heads * headSize]: a tensor, or an operand of the layer that reads it
   */
  void attention(Operand queries, AttentionPlan plan, int layer, Operand out);

  /**
   * {@code to = from}, in all layers: a run of stored rows.
   *
   * @param from of as many layers as {@code to}
   * @param start first row of {@code from}; as many are copied as {@code to} has
   */
  void copy(KeyValues from, int start, KeyValues to);

  /** Starts to bring a tensor's elements to the host. */
  Readback read(Tensor x);

  /**
   * Frees the memory of this forward, once what is enqueued has been done. Closing it again does
   * nothing.
   */
  @Override
  void close();
}
