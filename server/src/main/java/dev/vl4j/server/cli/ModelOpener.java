package dev.vl4j.server.cli;

import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.EmbedderOptions;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import dev.vl4j.engine.UndeclaredModelException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Supplier;

/** Opens a model by what the command line calls it. */
interface ModelOpener {
  /** Name of the model that the library carries. */
  String DEMO = "demo";

  /** Opens the model directory {@code name}, or the embedded model for {@value #DEMO}. */
  Reranker open(String name, RerankerOptions options);

  /** Opens the model directory {@code name} as an embedder. */
  default Embedder openEmbedder(String name, EmbedderOptions options) {
    return opened(name, "embedder", () -> Embedder.open(Path.of(name), options));
  }

  /** Opens a reranker in this process. */
  static Reranker inProcess(String name, RerankerOptions options) {
    return name.equals(DEMO)
        ? Reranker.openDemo(options)
        : opened(name, "reranker", () -> Reranker.open(Path.of(name), options));
  }

  private static <T> T opened(String name, String task, Supplier<T> opening) {
    try {
      return opening.get();
    } catch (UndeclaredModelException e) {
      throw new CliException(e.reason() + "; --as %s opens it as one".formatted(task), e);
    } catch (InvalidPathException e) {
      throw new CliException("--model: not a path: " + name, e);
    }
  }
}
