package dev.vl4j.server.api;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.RerankRequest;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * The body of {@code /v1/rerank}.
 *
 * @param echoes each document as the answer shows it: a string, or an array of content parts
 * @param topN how many documents to show; 0 for all
 */
public record RerankBody(
    ScoringFields scoring,
    Content query,
    List<Content> documents,
    List<JsonNode> echoes,
    int topN) {
  public RerankBody {
    documents = List.copyOf(documents);
    echoes = List.copyOf(echoes);
  }

  /**
   * Reads a body in UTF-8.
   *
   * @throws ApiException if it cannot be answered
   */
  public static RerankBody read(byte[] body, ImageUrls images) {
    return read(Fields.parse(body), images);
  }

  /**
   * Reads a body that is parsed already.
   *
   * @throws ApiException if it cannot be answered
   */
  public static RerankBody read(JsonNode body, ImageUrls images) {
    return read(Fields.of(body), images);
  }

  private static RerankBody read(Fields fields, ImageUrls images) {
    Contents contents = new Contents(fields, images);
    ScoringFields scoring = ScoringFields.read(fields);
    Content query = contents.one(fields.required("query"), "body.query");
    JsonNode documents = fields.required("documents");
    List<Content> read = contents.list(documents, "body.documents");
    List<JsonNode> echoes = new ArrayList<>();
    for (JsonNode item : Contents.items(documents)) {
      echoes.add(item.isString() ? item : item.path("content"));
    }
    int topN = Math.max(0, fields.integer("top_n", 0));
    fields.finish();
    if (read.isEmpty()) {
      throw ApiException.badRequest("documents: at least one is needed", null, null);
    }
    return new RerankBody(scoring, query, read, echoes, topN);
  }

  /** What the engine is asked: for all documents, because usage counts them all. */
  public RerankRequest request() {
    return scoring.request(query, documents);
  }
}
