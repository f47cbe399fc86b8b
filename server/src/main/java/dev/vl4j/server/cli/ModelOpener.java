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
  /** Name of the reranker that the library carries. */
  String DEMO = "demo";

  /** Name of the embedding model that the library carries. */
  String DEMO_EMBEDDER = "demo-embedder";

  /** Whether the library carries the model of this name. */
  static boolean isBuiltIn(String name) {
    return name.equals(DEMO) || name.equals(DEMO_EMBEDDER);
  }

  /** Opens the model directory {@code name}, or the embedded model for {@value #DEMO}. */
  Reranker open(String name, RerankerOptions options);

  /**
   * Opens the model directory {@code name} as an embedder, or the embedded model for {@value
   * #DEMO_EMBEDDER}.
   */
  default Embedder openEmbedder(String name, EmbedderOptions options) {
    if (name.equals(DEMO)) {
      throw new CliException(
          "%s is a reranker; name an embedding model, such as %s".formatted(DEMO, DEMO_EMBEDDER));
    }
    return name.equals(DEMO_EMBEDDER)
        ? Embedder.openDemo(options)
        : opened(name, "embedder", () -> Embedder.open(Path.of(name), options));
  }

  /** Opens a reranker in this process. */
  static Reranker inProcess(String name, RerankerOptions options) {
    if (name.equals(DEMO_EMBEDDER)) {
      throw new CliException(
          "%s is an embedding model; name a reranker, such as %s".formatted(DEMO_EMBEDDER, DEMO));
    }
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
