package dev.vl4j.server.cli;

import dev.vl4j.loader.LoaderException;
import dev.vl4j.loader.ModelDirectory;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A model that is to be served.
 *
 * @param name what the command line calls it
 * @param located where it is
 * @param embedder whether it is one, rather than a reranker
 */
record Named(String name, String located, boolean embedder) {
  /**
   * Looks at what a model is for.
   *
   * @param role what it is where it does not say so itself
   */
  static Named of(String name, String located, OpeningOptions.@Nullable Role role) {
    return new Named(name, located, isEmbedder(located, role));
  }

  private static boolean isEmbedder(String located, OpeningOptions.@Nullable Role role) {
    if (ModelOpener.isBuiltIn(located)) {
      return located.equals(ModelOpener.DEMO_EMBEDDER);
    }
    try {
      return switch (ModelDirectory.open(Path.of(located)).kind()) {
        case EMBEDDER -> true;
        case RERANKER -> false;
        case UNDECLARED -> role == OpeningOptions.Role.EMBEDDER;
      };
    } catch (LoaderException | InvalidPathException e) {
      return role == OpeningOptions.Role.EMBEDDER; // whoever opens it says what is wrong
    }
  }
}
