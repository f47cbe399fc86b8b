package dev.vl4j.search;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * The answer to a question.
 *
 * @param request the question
 * @param hits best first
 * @param candidates how many entries the vectors chose, of which the hits are the best
 * @param entries how many entries the index has in all, also of other kinds and paths
 * @param reranked whether a reranker was asked
 * @param embedding how long the query's vector took
 * @param finding how long it took to find candidates by it
 * @param reranking how long the reranker took; zero if it was not asked
 */
public record SearchAnswer(
    SearchRequest request,
    List<Hit> hits,
    int candidates,
    int entries,
    boolean reranked,
    Duration embedding,
    Duration finding,
    Duration reranking) {
  /**
   * @throws NullPointerException if the request, the hits or a duration is null
   */
  public SearchAnswer {
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(hits, "hits");
    hits = List.copyOf(hits);
    Objects.requireNonNull(embedding, "embedding");
    Objects.requireNonNull(finding, "finding");
    Objects.requireNonNull(reranking, "reranking");
  }
}
