package dev.vl4j.kernels;

import java.util.Objects;

/**
 * Heads of an attention.
 *
 * @param heads query heads
 * @param keyValueHeads key and value heads; divides {@code heads}; query head {@code h} reads key
 *     head {@code h / (heads / keyValueHeads)}
 * @param headSize elements of one head
 * @param scale factor on the query-key product
 * @param operands to what query, key and value are rounded, float32 or bfloat16 and nothing else;
 *     with bfloat16, a backend may also round the softmax's weights before they meet the values
 */
public record AttentionShape(
    int heads, int keyValueHeads, int headSize, float scale, OperandFormat operands) {
  /**
   * @throws BackendException if a number is below 1, the heads cannot be shared out evenly, or the
   *     format is another one
   * @throws NullPointerException if the format is null
   */
  public AttentionShape {
    Objects.requireNonNull(operands, "operands");
    if (heads <= 0 || keyValueHeads <= 0 || headSize <= 0 || heads % keyValueHeads != 0) {
      throw new BackendException(
          "attention of %d heads, %d key-value heads of size %d"
              .formatted(heads, keyValueHeads, headSize));
    }
    if (operands != OperandFormat.F32 && operands != OperandFormat.BF16) {
      throw new BackendException(
          "attention in %s: expected %s or %s"
              .formatted(operands, OperandFormat.F32, OperandFormat.BF16));
    }
  }
}
