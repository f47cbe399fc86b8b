package dev.vl4j.spark;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import java.util.List;
import java.util.Set;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/**
 * Rows with a query and a document: those with the same query are a request of a reranker.
 *
 * @param logits whether rows get a column for the logit besides
 */
record PairRequests(
    ContentColumns queries,
    ContentColumns documents,
    EngineSettings settings,
    @Nullable String instruction,
    int maxQueryTokens,
    int maxDocumentTokens,
    boolean logits)
    implements RowRequests<PairRequests.Pair> {
  /** What a row asks. */
  record Pair(Content query, Content document) {}

  @Override
  public int columns() {
    return logits ? 2 : 1;
  }

  @Override
  public boolean hasMedia() {
    return queries.hasMedia() || documents.hasMedia();
  }

  @Override
  public void addUris(Row row, Set<String> uris) {
    queries.addUris(row, uris);
    documents.addUris(row, uris);
  }

  @Override
  public Pair input(Row row, BlockMedia media) throws RowFailure {
    return new Pair(queries.content(row, media), documents.content(row, media));
  }

  @Override
  public long mediaBytes(Pair pair) {
    return ContentColumns.mediaBytes(pair.query()) + ContentColumns.mediaBytes(pair.document());
  }

  @Override
  public Object group(Pair pair) {
    return pair.query();
  }

  @Override
  public Asking<Pair> engine(TaskContext task) {
    Reranker reranker = ExecutorEngines.reranker(settings, task);
    return pairs -> RowRequests.answers(reranker.submit(request(pairs)), this::answers);
  }

  private RerankRequest request(List<Pair> pairs) {
    return RerankRequest.of(pairs.getFirst().query(), pairs.stream().map(Pair::document).toList())
        .withInstruction(instruction)
        .withMaxQueryTokens(maxQueryTokens)
        .withMaxDocumentTokens(maxDocumentTokens);
  }

  private List<Answer> answers(Ranking ranking) {
    return ranking.inRequestOrder().stream().map(this::answer).toList();
  }

  private Answer answer(RankedDocument document) {
    List<Object> values =
        logits ? List.of(document.score(), document.logit()) : List.of(document.score());
    return new Answer(values, document.promptTokens());
  }
}
