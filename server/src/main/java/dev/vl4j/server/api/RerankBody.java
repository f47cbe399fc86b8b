package dev.vl4j.server.api;

import dev.vl4j.engine.Part;
import dev.vl4j.engine.RerankRequest;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * The body of {@code /v1/rerank}.
 *
 * @param echoes each document as the answer shows it: a string, or an array of content parts;
 *     missing nodes if the answer is to leave documents out
 * @param topN how many documents to show; 0 for all
 */
public record RerankBody(
    ScoringFields scoring,
    ContentBody query,
    List<ContentBody> documents,
    List<JsonNode> echoes,
    int topN) {
  public RerankBody {
    documents = List.copyOf(documents);
    echoes = List.copyOf(echoes);
  }

  /**
   * @throws ApiException if the body cannot be answered
   */
  public static RerankBody read(Fields fields) {
    Contents contents = new Contents(fields);
    ScoringFields scoring = ScoringFields.read(fields);
    ContentBody query = contents.one(fields.required("query"), "body.query");
    JsonNode documents = fields.required("documents");
    List<ContentBody> read = contents.list(documents, "body.documents");
    List<JsonNode> echoes =
        fields.flag("return_documents", true)
            ? Contents.items(documents).stream().map(Contents::echo).toList()
            : RerankAnswer.noEchoes(read.size());
    int topN = Math.max(0, fields.integer("top_n", 0));
    fields.finish();
    if (read.isEmpty()) {
      throw ApiException.badRequest("documents: at least one is needed", null, null);
    }
    return new RerankBody(scoring, query, read, echoes, topN);
  }

  /** The pictures that the request names. */
  public List<ImageUrl> images() {
    return ContentBody.images(List.of(query), documents);
  }

  /**
   * What the engine is asked: for all documents, because usage counts them all.
   *
   * @param pictures behind {@link #images}
   */
  public RerankRequest request(Map<ImageUrl, Part> pictures) {
    return scoring.request(
        query.content(pictures),
        documents.stream().map(document -> document.content(pictures)).toList());
  }
}
