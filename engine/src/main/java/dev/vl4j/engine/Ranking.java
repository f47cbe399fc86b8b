package dev.vl4j.engine;

import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * The answer to a request of a {@link Reranker}.
 *
 * @param documents best first; as many as the request asks for; copied
 * @param report what the answer took
 */
public record Ranking(List<RankedDocument> documents, RequestReport report) {
  /**
   * @throws NullPointerException if the list, a document or the report is null
   */
  public Ranking {
    documents = Arguments.copyOf("documents", documents);
    Objects.requireNonNull(report, "report");
  }

  /** The same documents in the order that the request has them in. */
  public List<RankedDocument> inRequestOrder() {
    return documents.stream().sorted(Comparator.comparingInt(RankedDocument::index)).toList();
  }
}
