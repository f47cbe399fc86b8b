package dev.vl4j.server.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.vl4j.engine.Embedding;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The answer of {@code /v2/embed}, in the order of the request.
 *
 * @param embeddings vectors of all inputs by their form
 * @param texts of the request, or null
 */
public record CohereEmbedAnswer(
    String id,
    Map<String, List<Object>> embeddings,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<String> texts,
    Meta meta,
    String responseType) {
  /** Cohere's account of a request. */
  public record Meta(ApiVersion apiVersion, BilledUnits billedUnits) {}

  /** The version of Cohere's API. */
  public record ApiVersion(String version) {}

  /** Tokens of all prompts. */
  public record BilledUnits(long inputTokens) {}

  public static CohereEmbedAnswer of(String id, CohereEmbedBody body, List<Embedding> embeddings) {
    Map<String, List<Object>> forms = new LinkedHashMap<>();
    for (CohereEmbedBody.Form form : body.forms()) {
      forms.put(form.spelling(), embeddings.stream().map(each -> shown(each, form)).toList());
    }
    long tokens = embeddings.stream().mapToLong(Embedding::promptTokens).sum();
    return new CohereEmbedAnswer(
        id,
        forms,
        body.texts(),
        new Meta(new ApiVersion("2"), new BilledUnits(tokens)),
        "embeddings_by_type");
  }

  private static Object shown(Embedding embedding, CohereEmbedBody.Form form) {
    return switch (form) {
      case FLOAT -> embedding.vector();
      case BASE64 -> Base64Floats.of(embedding.vector());
      case INT8 -> signed(embedding.int8());
      case UINT8 -> IntStream.of(signed(embedding.int8())).map(value -> value + 128).toArray();
      case BINARY -> signed(embedding.binary());
      case UBINARY -> IntStream.of(signed(embedding.ubinary())).map(value -> value & 255).toArray();
    };
  }

  /** Bytes as numbers, which Jackson would write as base64. */
  private static int[] signed(byte[] bytes) {
    return IntStream.range(0, bytes.length).map(i -> bytes[i]).toArray();
  }
}
