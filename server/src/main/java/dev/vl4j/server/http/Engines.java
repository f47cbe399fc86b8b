package dev.vl4j.server.http;

import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Engine;
import dev.vl4j.engine.Reranker;
import dev.vl4j.server.api.ServedModel;
import dev.vl4j.server.api.Task;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The engines behind a server: a reranker, an embedder, or both. */
public record Engines(@Nullable Reranker reranker, @Nullable Embedder embedder) {
  /**
   * @throws IllegalArgumentException if there is neither
   */
  public Engines {
    if (reranker == null && embedder == null) {
      throw new IllegalArgumentException("a server has an engine");
    }
  }

  /** All that are there. */
  List<Engine> all() {
    return Stream.<Engine>of(reranker, embedder).filter(Objects::nonNull).toList();
  }

  /** The one that answers where a request names none. */
  public Engine first() {
    return all().getFirst();
  }

  /** Whether all are alive. */
  boolean isAlive() {
    return all().stream().allMatch(Engine::isAlive);
  }

  /** The engine of a model. */
  Engine of(ServedModel model) {
    return model.task() == Task.RERANK ? requireReranker() : requireEmbedder();
  }

  Reranker requireReranker() {
    return Objects.requireNonNull(reranker, "reranker");
  }

  Embedder requireEmbedder() {
    return Objects.requireNonNull(embedder, "embedder");
  }
}
