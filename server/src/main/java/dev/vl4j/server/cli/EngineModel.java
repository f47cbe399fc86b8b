package dev.vl4j.server.cli;

import dev.vl4j.engine.Precision;
import dev.vl4j.engine.Ranked;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import dev.vl4j.engine.UndeclaredModelException;
import dev.vl4j.kernels.BackendException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The engine's reranker. */
record EngineModel(Reranker reranker) implements RankingModel {
  /** Name of the model that the library carries. */
  static final String DEMO = "demo";

  static RankingModel open(String name, RerankerOptions options) {
    try {
      return new EngineModel(
          name.equals(DEMO) ? Reranker.openDemo(options) : Reranker.open(Path.of(name), options));
    } catch (BackendException e) {
      // While a model opens, this means a backend that cannot run here; later it would be a bug.
      throw new CliException(Errors.message(e), e);
    } catch (UndeclaredModelException e) {
      throw new CliException(e.reason() + "; --as reranker opens it as one", e);
    } catch (InvalidPathException e) {
      throw new CliException("--model: not a path: " + name, e);
    }
  }

  @Override
  public List<Ranked> rerank(RerankRequest request) {
    return reranker.rerank(request);
  }

  @Override
  public CompletableFuture<List<Ranked>> submit(RerankRequest request) {
    return reranker.submit(request);
  }

  @Override
  public String renderPrompt(RerankRequest request, int document) {
    return reranker.renderPrompt(request, document);
  }

  @Override
  public Precision precision() {
    return reranker.precision();
  }

  @Override
  public void close() {
    reranker.close();
  }
}
