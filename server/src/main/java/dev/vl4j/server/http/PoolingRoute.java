package dev.vl4j.server.http;

import dev.vl4j.server.api.EmbedBody;
import dev.vl4j.server.api.PoolingBody;
import dev.vl4j.server.api.PromptsBody;
import dev.vl4j.server.api.ServedModels;
import dev.vl4j.server.transport.Reply;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code /pooling}, which every model answers with what it computes. */
final class PoolingRoute {
  private final @Nullable ScoringRoutes scoring;
  private final @Nullable EmbeddingRoutes embedding;
  private final ServedModels models;

  /**
   * @param scoring of the reranker, if there is one
   * @param embedding of the embedder, if there is one
   */
  PoolingRoute(
      @Nullable ScoringRoutes scoring, @Nullable EmbeddingRoutes embedding, ServedModels models) {
    this.scoring = scoring;
    this.embedding = embedding;
    this.models = models;
  }

  void addTo(Routes routes) {
    routes.post("/pooling", this::pool);
  }

  private Reply pool(Call call) {
    return switch (call.body(fields -> PoolingBody.read(fields, models))) {
      case PromptsBody body -> Objects.requireNonNull(scoring).pool(call, body);
      case EmbedBody body -> Objects.requireNonNull(embedding).pool(call, body);
    };
  }
}
