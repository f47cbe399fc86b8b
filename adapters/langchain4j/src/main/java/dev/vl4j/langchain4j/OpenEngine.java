package dev.vl4j.langchain4j;

import static java.util.Objects.requireNonNull;

import dev.vl4j.engine.Engine;
import java.nio.file.Path;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * An engine and who closes it.
 *
 * @param name of the model, for those who log it
 * @param owned whether a builder has opened it
 */
record OpenEngine<E extends Engine>(E engine, String name, boolean owned) implements AutoCloseable {
  static final String UNNAMED = "vl4j";

  /** What is open stays open. */
  @Override
  public void close() {
    if (owned) {
      engine.close();
    }
  }

  /**
   * What builders are told of an engine: one that is open, or where a model is and how to open it.
   */
  static final class Choice<E extends Engine, O> {
    private final String kind;
    private @Nullable E engine;
    private @Nullable Path directory;
    private @Nullable O options;

    Choice(String kind) {
      this.kind = kind;
    }

    void engine(E engine) {
      this.engine = requireNonNull(engine, kind);
    }

    void directory(Path directory) {
      this.directory = requireNonNull(directory, "modelPath");
    }

    void options(O options) {
      this.options = requireNonNull(options, "options");
    }

    OpenEngine<E> open(BiFunction<Path, O, E> opening, O defaults) {
      Path chosen = directory;
      if (engine != null) {
        if (chosen != null || options != null) {
          throw new IllegalArgumentException(
              "%s: expected it, or a modelPath with options, found both".formatted(kind));
        }
        return new OpenEngine<>(engine, UNNAMED, false);
      }
      if (chosen == null) {
        throw new IllegalArgumentException(
            "%s: expected it or a modelPath, found neither".formatted(kind));
      }
      E opened = opening.apply(chosen, options == null ? defaults : options);
      return new OpenEngine<>(opened, chosen.toAbsolutePath().normalize().toString(), true);
    }
  }
}
