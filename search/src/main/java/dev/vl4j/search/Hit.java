package dev.vl4j.search;

import dev.vl4j.engine.RankedDocument;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An entry that answers a question.
 *
 * @param entry as the index has it
 * @param rank among all candidates, counted from 1: by the reranker's score where there is one;
 *     those without one follow in the order of their vectors
 * @param vectorRank among all candidates by their vectors, counted from 1
 * @param similarity cosine of both vectors
 * @param judged what the reranker says, where its index counts candidates in the order of their
 *     vectors; null if it was not asked
 * @param state what has become of the file. What can be seen is not judged unless it is unchanged,
 *     a text is judged as the index has it
 * @param problem why the reranker could not judge it, or null
 */
public record Hit(
    Entry entry,
    int rank,
    int vectorRank,
    double similarity,
    @Nullable RankedDocument judged,
    FileState state,
    @Nullable String problem) {
  /**
   * @throws NullPointerException if the entry or the state is null
   */
  public Hit {
    Objects.requireNonNull(entry, "entry");
    Objects.requireNonNull(state, "state");
  }
}
