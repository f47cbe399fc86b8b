package dev.vl4j.server.api;

import dev.vl4j.engine.Embedding;
import java.util.ArrayList;
import java.util.List;

/** The answer of {@code /v1/embeddings}, in the order of the request. */
public record EmbeddingAnswer(
    String id, String object, long created, String model, List<Embedded> data, Usage usage) {
  /**
   * One input's vector.
   *
   * @param embedding a list of numbers, or base64 of little-endian float32
   */
  public record Embedded(int index, String object, Object embedding) {}

  /**
   * @param created in seconds since 1970
   * @param form that vectors are shown in
   */
  public static EmbeddingAnswer of(
      String id, long created, String model, List<Embedding> embeddings, VectorForm form) {
    List<Embedded> data = new ArrayList<>();
    for (Embedding embedding : embeddings) {
      data.add(new Embedded(data.size(), "embedding", form.shown(embedding)));
    }
    return new EmbeddingAnswer(id, "list", created, model, data, Usage.ofVectors(embeddings));
  }
}
