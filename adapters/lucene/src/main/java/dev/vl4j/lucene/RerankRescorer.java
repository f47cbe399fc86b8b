package dev.vl4j.lucene;

import static java.util.Objects.requireNonNull;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.search.Explanation;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Rescorer;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.jspecify.annotations.Nullable;

/**
 * Reranks the hits of a first search by what their documents store, in one request.
 *
 * <p>A hit's score is the engine's {@link RankedDocument#score}, the probability that the document
 * answers the query, rounded to the {@code float} that Lucene has for it. The order is that of the
 * engine's scores before they are rounded; equal ones keep the first search's order.
 */
public final class RerankRescorer extends Rescorer {
  private final Reranker reranker;
  private final Content query;
  private final DocumentFields fields;
  private final @Nullable String instruction;
  private final @Nullable Duration timeout;

  private RerankRescorer(
      Reranker reranker,
      Content query,
      DocumentFields fields,
      @Nullable String instruction,
      @Nullable Duration timeout) {
    this.reranker = requireNonNull(reranker, "reranker");
    this.query = requireNonNull(query, "query");
    this.fields = requireNonNull(fields, "fields");
    this.instruction = instruction;
    this.timeout = timeout;
  }

  /**
   * With the template's own instruction and without a timeout.
   *
   * @param reranker stays the caller's to close
   * @param query what documents are judged by, whatever the first search has asked
   * @param fields what of a document is read
   */
  public static RerankRescorer of(Reranker reranker, Content query, DocumentFields fields) {
    return new RerankRescorer(reranker, query, fields, null, null);
  }

  /** The same with another instruction, or with the template's: null, the default. */
  public RerankRescorer withInstruction(@Nullable String instruction) {
    return new RerankRescorer(reranker, query, fields, instruction, timeout);
  }

  /** The same with another timeout, or with none: null, the default. */
  public RerankRescorer withTimeout(@Nullable Duration timeout) {
    return new RerankRescorer(reranker, query, fields, instruction, timeout);
  }

  /**
   * Reranks all hits, waits for it, and keeps the best.
   *
   * @param firstPass not changed; all of its hits are judged
   * @param topN how many to keep, at least 1
   * @return best first, with the first search's number of all hits
   * @throws dev.vl4j.engine.Vl4jException as {@link Reranker#rerank(RerankRequest)} does, or if a
   *     document stores nothing that could be read
   * @throws IllegalArgumentException if nothing is to be kept
   * @throws IOException if stored fields cannot be read
   */
  @Override
  public TopDocs rescore(IndexSearcher searcher, TopDocs firstPass, int topN) throws IOException {
    requireNonNull(searcher, "searcher");
    requireNonNull(firstPass, "firstPass");
    if (topN < 1) {
      throw new IllegalArgumentException("topN: expected 1 or more, found " + topN);
    }
    ScoreDoc[] hits = firstPass.scoreDocs;
    if (hits.length == 0) {
      return new TopDocs(firstPass.totalHits, new ScoreDoc[0]);
    }
    List<RankedDocument> ranking = rerank(searcher, hits, topN);
    ScoreDoc[] best = new ScoreDoc[ranking.size()];
    for (int i = 0; i < best.length; i++) {
      ScoreDoc hit = hits[ranking.get(i).index()];
      best[i] = new ScoreDoc(hit.doc, (float) ranking.get(i).score(), hit.shardIndex);
    }
    return new TopDocs(firstPass.totalHits, best);
  }

  /**
   * Judges one document, and says what came out of it.
   *
   * @throws dev.vl4j.engine.Vl4jException as {@link #rescore} does
   * @throws IOException if stored fields cannot be read
   */
  @Override
  public Explanation explain(IndexSearcher searcher, Explanation firstPass, int document)
      throws IOException {
    requireNonNull(searcher, "searcher");
    requireNonNull(firstPass, "firstPass");
    RankedDocument ranked =
        rerank(searcher, new ScoreDoc[] {new ScoreDoc(document, 0)}, 1).getFirst();
    return Explanation.match(
        (float) ranked.score(),
        "probability that the document answers the query, of logit " + ranked.logit(),
        firstPass);
  }

  private List<RankedDocument> rerank(IndexSearcher searcher, ScoreDoc[] hits, int topN)
      throws IOException {
    StoredFields stored = searcher.storedFields();
    List<Content> documents = new ArrayList<>();
    for (ScoreDoc hit : hits) {
      documents.add(fields.content(stored, hit.doc));
    }
    return reranker.rerank(
        RerankRequest.of(query, documents)
            .withTopN(topN)
            .withInstruction(instruction)
            .withTimeout(timeout));
  }
}
