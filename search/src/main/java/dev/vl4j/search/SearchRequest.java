package dev.vl4j.search;

import dev.vl4j.engine.Content;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A question to an index.
 *
 * @param query a text, a picture, or both
 * @param queryInstruction what the embedder is told of the query, or null for the model's own
 * @param rerankInstruction what counts as relevant for the reranker, or null for the model's own
 * @param candidates how many entries the vectors choose, which the reranker judges
 * @param top how many hits are wanted of these, best first; 0 for all
 * @param kinds that entries may have; none for any
 * @param pathPattern of their files, or null for any: {@code *}, {@code ?}, {@code [a-z]} and
 *     {@code {a,b}} as in a shell, {@code **} for any number of folders. One without {@code /} is
 *     for a file's name in whatever folder, another one for the path from the indexed folder on
 * @param timeout of the embedder and of the reranker each, or null for none
 */
public record SearchRequest(
    Content query,
    @Nullable String queryInstruction,
    @Nullable String rerankInstruction,
    int candidates,
    int top,
    Set<EntryKind> kinds,
    @Nullable String pathPattern,
    @Nullable Duration timeout) {
  /** How many candidates there are unless something else is wanted. */
  public static final int DEFAULT_CANDIDATES = 50;

  /** More would be a scan of the index. */
  public static final int MOST_CANDIDATES = 10_000;

  /**
   * @throws NullPointerException if the query or the kinds are null
   * @throws IllegalArgumentException if a number has no meaning
   */
  public SearchRequest {
    Objects.requireNonNull(query, "query");
    Objects.requireNonNull(kinds, "kinds");
    kinds = Set.copyOf(kinds);
    if (candidates < 1 || candidates > MOST_CANDIDATES) {
      throw new IllegalArgumentException(
          "candidates: expected 1 to %d, found %d".formatted(MOST_CANDIDATES, candidates));
    }
    if (top < 0) {
      throw new IllegalArgumentException("top: expected 0 or more, found " + top);
    }
  }

  /** All hits among the default number of candidates, of any kind and path. */
  public static SearchRequest of(Content query) {
    return new SearchRequest(query, null, null, DEFAULT_CANDIDATES, 0, Set.of(), null, null);
  }

  /** The same with another instruction of the query, or with the model's own: null, the default. */
  public SearchRequest withQueryInstruction(@Nullable String queryInstruction) {
    return with(draft -> draft.queryInstruction = queryInstruction);
  }

  /** The same with another instruction of the reranker, or with its own: null, the default. */
  public SearchRequest withRerankInstruction(@Nullable String rerankInstruction) {
    return with(draft -> draft.rerankInstruction = rerankInstruction);
  }

  /** The same with another number of candidates, {@link #DEFAULT_CANDIDATES} by default. */
  public SearchRequest withCandidates(int candidates) {
    return with(draft -> draft.candidates = candidates);
  }

  /** The same for so many of the best, or for all candidates: 0, the default. */
  public SearchRequest withTop(int top) {
    return with(draft -> draft.top = top);
  }

  /** The same for entries of these kinds, or, by default, of any: an empty set. */
  public SearchRequest withKinds(Set<EntryKind> kinds) {
    Objects.requireNonNull(kinds, "kinds");
    Set<EntryKind> copy = kinds.isEmpty() ? Set.of() : EnumSet.copyOf(kinds);
    return with(draft -> draft.kinds = copy);
  }

  /** The same for files whose path fits a pattern, or for any: null, the default. */
  public SearchRequest withPathPattern(@Nullable String pathPattern) {
    return with(draft -> draft.pathPattern = pathPattern);
  }

  /** The same with another timeout, or with none: null, the default. */
  public SearchRequest withTimeout(@Nullable Duration timeout) {
    return with(draft -> draft.timeout = timeout);
  }

  private SearchRequest with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.finished();
  }

  /** The same, to be changed. */
  private static final class Draft {
    private final Content query;
    private @Nullable String queryInstruction;
    private @Nullable String rerankInstruction;
    private int candidates;
    private int top;
    private Set<EntryKind> kinds;
    private @Nullable String pathPattern;
    private @Nullable Duration timeout;

    Draft(SearchRequest request) {
      query = request.query;
      queryInstruction = request.queryInstruction;
      rerankInstruction = request.rerankInstruction;
      candidates = request.candidates;
      top = request.top;
      kinds = request.kinds;
      pathPattern = request.pathPattern;
      timeout = request.timeout;
    }

    SearchRequest finished() {
      return new SearchRequest(
          query, queryInstruction, rerankInstruction, candidates, top, kinds, pathPattern, timeout);
    }
  }
}
