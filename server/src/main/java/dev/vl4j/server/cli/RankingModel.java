package dev.vl4j.server.cli;

import dev.vl4j.engine.Precision;
import dev.vl4j.engine.Ranked;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What the commands need of a reranker, so that they can be tested without one. */
interface RankingModel extends AutoCloseable {
  /** Ranks documents, best first. */
  List<Ranked> rerank(RerankRequest request);

  /** See {@link Reranker#submit}. */
  CompletableFuture<List<Ranked>> submit(RerankRequest request);

  /** The prompt of one document. */
  String renderPrompt(RerankRequest request, int document);

  /** In what precision it computes. */
  Precision precision();

  @Override
  void close();

  /** Opens a model by what the command line calls it. */
  interface Opener {
    /** Opens the model directory {@code name}, or the embedded model for {@code demo}. */
    RankingModel open(String name, RerankerOptions options);
  }
}
