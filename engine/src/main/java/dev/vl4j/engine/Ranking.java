package dev.vl4j.engine;

import java.util.Comparator;
import java.util.List;

/**
 * The answer to a request of a {@link Reranker}.
 *
 * @param documents best first; as many as the request asks for
 * @param report what the answer took
 */
public record Ranking(List<RankedDocument> documents, RequestReport report) {
  public Ranking {
    documents = List.copyOf(documents);
  }

  /** The same documents in the order that the request has them in. */
  public List<RankedDocument> inRequestOrder() {
    return documents.stream().sorted(Comparator.comparingInt(RankedDocument::index)).toList();
  }
}
