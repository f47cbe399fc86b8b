package dev.vl4j.server.cli;

import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import dev.vl4j.engine.UndeclaredModelException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Opens a reranker by what the command line calls it. */
interface RerankerOpener {
  /** Name of the model that the library carries. */
  String DEMO = "demo";

  /** Opens the model directory {@code name}, or the embedded model for {@value #DEMO}. */
  Reranker open(String name, RerankerOptions options);

  /** Opens it in this process. */
  static Reranker inProcess(String name, RerankerOptions options) {
    try {
      return name.equals(DEMO) ? Reranker.openDemo(options) : Reranker.open(Path.of(name), options);
    } catch (UndeclaredModelException e) {
      throw new CliException(e.reason() + "; --as reranker opens it as one", e);
    } catch (InvalidPathException e) {
      throw new CliException("--model: not a path: " + name, e);
    }
  }
}
