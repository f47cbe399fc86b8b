package dev.vl4j.ascend.operator;

import static dev.vl4j.ascend.bindings.AscendConstants.*;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operators that a forward consists of, each enqueued on the device's stream. Views may have
 * gaps unless an operator says otherwise; types are those that CANN documents for the 910B.
 */
public final class Operators {
  /** No limit on how far before or after itself a row sees. */
  private static final long UNLIMITED = Integer.MAX_VALUE;

  /** Packed sequences: tokens, heads, elements of a head. */
  private static final String PACKED = "TND";

  private final OperatorRunner runner;

  /**
   * @param runner of the device
   */
  public Operators(OperatorRunner runner) {
    this.runner = runner;
  }

  /** {@code out = left right}: [rows, depth], [depth, columns], [rows, columns], of one type. */
  public void matmul(View left, View right, View out) {
    runner.call("aclnnMm").tensor(left).tensor(right).tensor(out).int8(CUBE_MATH_KEEP_TYPE).run();
  }

  /** {@link #matmul} for each element of a first dimension. */
  public void batchMatmul(View left, View right, View out) {
    runner
        .call("aclnnBatchMatMul")
        .tensor(left)
        .tensor(right)
        .tensor(out)
        .int8(CUBE_MATH_KEEP_TYPE)
        .run();
  }

  /** {@code out = left right + bias}, with a bias of [columns], of one type. */
  public void addmm(View bias, View left, View right, View out) {
    runner
        .call("aclnnAddmm")
        .tensor(bias)
        .tensor(left)
        .tensor(right)
        .scalar(1)
        .scalar(1)
        .tensor(out)
        .int8(CUBE_MATH_KEEP_TYPE)
        .run();
  }

  /** {@code out = in}, broadcast to its shape and rounded to its type. */
  public void copy(View in, View out) {
    runner.call("aclnnInplaceCopy").tensor(out).tensor(in).run();
  }

  /** {@code out = left + right}, in the wider of their types. */
  public void add(View left, View right, View out) {
    runner.call("aclnnAdd").tensor(left).tensor(right).scalar(1).tensor(out).run();
  }

  /** {@code sum += other}. */
  public void addTo(View sum, View other) {
    runner.call("aclnnInplaceAdd").tensor(sum).tensor(other).scalar(1).run();
  }

  /** {@code product *= other}. */
  public void multiplyBy(View product, View other) {
    runner.call("aclnnInplaceMul").tensor(product).tensor(other).run();
  }

  /** {@code out = in * factor}. */
  public void scale(View in, float factor, View out) {
    runner.call("aclnnMuls").tensor(in).scalar(factor).tensor(out).run();
  }

  /**
   * {@code out = gelu(in)}, of one type.
   *
   * @param tanh whether it is the approximation by tanh
   */
  public void gelu(View in, boolean tanh, View out) {
    runner.call("aclnnGeluV2").tensor(in).int64(tanh ? GELU_TANH : GELU_ERF).tensor(out).run();
  }

  /** {@code out = silu(gate) * up}, where gate and up are the halves of columns; all dense. */
  public void swiGlu(View gateAndUp, View out) {
    runner.call("aclnnSwiGlu").tensor(gateAndUp).int64(-1).tensor(out).run();
  }

  /** {@code out = softmax(in)} over the last dimension. */
  public void softmax(View in, View out) {
    runner.call("aclnnSoftmax").tensor(in).int64(-1).tensor(out).run();
  }

  /**
   * The RMS norm of the last dimension, all of one type.
   *
   * @param inverseDeviation float32, with 1 in place of the last dimension: of no further use
   */
  public void rmsNorm(View in, View gamma, float epsilon, View out, View inverseDeviation) {
    runner
        .call("aclnnRmsNorm")
        .tensor(in)
        .tensor(gamma)
        .float64(epsilon)
        .tensor(out)
        .tensor(inverseDeviation)
        .run();
  }

  /** The layer norm of the last dimension, all of one type. */
  public void layerNorm(View in, View gamma, View beta, float epsilon, View out) {
    runner
        .call("aclnnLayerNorm")
        .tensor(in)
        .ints(in.shape()[in.shape().length - 1])
        .tensor(gamma)
        .tensor(beta)
        .float64(epsilon)
        .tensor(out)
        .none()
        .none()
        .run();
  }

  /**
   * Turns the halves of heads: {@code out = in * cosines + (-second half, first half) * sines}; all
   * dense.
   *
   * @param in [1, rows, heads, size]
   * @param cosines [1, rows, 1, size]
   * @param sines as cosines
   */
  public void rotate(View in, View cosines, View sines, View out) {
    runner
        .call("aclnnRotaryPositionEmbedding")
        .tensor(in)
        .tensor(cosines)
        .tensor(sines)
        .int64(ROTARY_HALF)
        .tensor(out)
        .run();
  }

  /** Row {@code i} of {@code out} becomes row {@code indices[i]} of {@code in}, of one type. */
  public void select(View in, View indices, View out) {
    runner.call("aclnnIndexSelect").tensor(in).int64(0).tensor(indices).tensor(out).run();
  }

  /** {@link #select} from a table. */
  public void embedding(View table, View indices, View out) {
    runner.call("aclnnEmbedding").tensor(table).tensor(indices).tensor(out).run();
  }

  /** Rows one after another, of one type. */
  public void concatenate(List<View> parts, View out) {
    runner.call("aclnnCat").tensors(parts).int64(0).tensor(out).run();
  }

  /**
   * Attention of packed sequences, all bfloat16 and dense.
   *
   * @param query [queries, heads, size]
   * @param keys [rows, key-value heads, size]
   * @param values as keys
   * @param causalMask 2048 rows and columns, 1 above the diagonal; null if every row sees its whole
   *     sequence, else the last query sees all keys, the one before all but one, and so on
   * @param queryEnds where each sequence's queries end
   * @param keyEnds where each sequence's keys end
   * @param out as query
   * @param logSumExp float32 [1]: of no use
   */
  public void attention(
      View query,
      View keys,
      View values,
      @Nullable View causalMask,
      long[] queryEnds,
      long[] keyEnds,
      float scale,
      View out,
      View logSumExp) {
    OperatorCall call =
        runner
            .call("aclnnFusedInferAttentionScoreV3")
            .tensor(query)
            .tensors(List.of(keys))
            .tensors(List.of(values))
            .none();
    if (causalMask == null) {
      call.none();
    } else {
      call.tensor(causalMask);
    }
    // From quantisation to the key's rotation: nothing of that.
    call.ints(queryEnds).ints(keyEnds).none(20);
    call.int64(query.shape()[1])
        .float64(scale)
        .int64(UNLIMITED)
        .int64(UNLIMITED)
        .text(PACKED)
        .int64(keys.shape()[1])
        .int64(causalMask == null ? SPARSE_NO_MASK : SPARSE_CAUSAL)
        .int64(PRECISION_HIGH)
        .int64(0)
        .int64(0)
        .bool(false)
        .int64(0)
        .int64(0)
        .tensor(out)
        .tensor(logSumExp)
        .run();
  }
}
