package dev.vl4j.server.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.vl4j.engine.Embedding;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    for (VectorForm form : body.forms()) {
      forms.put(form.spelling(), embeddings.stream().map(form::shown).toList());
    }
    long tokens = embeddings.stream().mapToLong(Embedding::promptTokens).sum();
    return new CohereEmbedAnswer(
        id,
        forms,
        body.texts(),
        new Meta(new ApiVersion("2"), new BilledUnits(tokens)),
        "embeddings_by_type");
  }
}
