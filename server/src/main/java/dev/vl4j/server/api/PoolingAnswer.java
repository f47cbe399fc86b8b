package dev.vl4j.server.api;

import dev.vl4j.engine.Embedding;
import dev.vl4j.engine.RankedDocument;
import java.util.ArrayList;
import java.util.List;

/** The answer of {@code /pooling}, in the order of the request. */
public record PoolingAnswer(
    String id, String object, long created, String model, List<Pooled> data, Usage usage) {
  /**
   * What the model makes of one prompt.
   *
   * @param data a list of numbers, or base64 of them
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
      data.add(
          new Pooled(
              data.size(), "pooling", base64 ? Base64Floats.of((float) value) : List.of(value)));
    }
    return new PoolingAnswer(id, "list", created, model, data, Usage.of(judged));
  }

  /**
   * @param created in seconds since 1970
   * @param form that vectors are shown in
   */
  public static PoolingAnswer ofVectors(
      String id, long created, String model, List<Embedding> embeddings, VectorForm form) {
    List<Pooled> data = new ArrayList<>();
    for (Embedding embedding : embeddings) {
      data.add(new Pooled(data.size(), "pooling", form.shown(embedding)));
    }
    return new PoolingAnswer(id, "list", created, model, data, Usage.ofVectors(embeddings));
  }
}
