package dev.vl4j.server.api;

import dev.vl4j.engine.RankedDocument;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** The answer of {@code /pooling}, in the order of the request. */
public record PoolingAnswer(
    String id, String object, long created, String model, List<Pooled> data, Usage usage) {
  /**
   * What the model makes of one prompt.
   *
   * @param data a list of one number, or base64 of it
   */
  public record Pooled(int index, String object, Object data) {}

  /**
   * @param created in seconds since 1970
   * @param judged in the request's order
   * @param probabilities whether scores are probabilities; logits otherwise
   * @param base64 whether numbers are base64 of little-endian float32
   */
  public static PoolingAnswer of(
      String id,
      long created,
      String model,
      List<RankedDocument> judged,
      boolean probabilities,
      boolean base64) {
    List<Pooled> data = new ArrayList<>();
    for (RankedDocument one : judged) {
      double value = probabilities ? one.score() : one.logit();
      data.add(new Pooled(data.size(), "pooling", base64 ? encoded(value) : List.of(value)));
    }
    return new PoolingAnswer(id, "list", created, model, data, Usage.of(judged));
  }

  private static String encoded(double value) {
    ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    return Base64.getEncoder().encodeToString(bytes.putFloat((float) value).array());
  }
}
