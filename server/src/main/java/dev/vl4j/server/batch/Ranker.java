package dev.vl4j.server.batch;

import dev.vl4j.engine.Ranked;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What a run needs of a model. */
public interface Ranker {
  /** See {@link Reranker#submit}. */
  CompletableFuture<List<Ranked>> submit(RerankRequest request);
}
