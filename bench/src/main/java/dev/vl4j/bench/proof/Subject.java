package dev.vl4j.bench.proof;

import dev.vl4j.bench.Arguments;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.Reranker;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is tested, and the PyTorch beside it.
 *
 * @param label the model's name in the table, {@code 2B}
 * @param backend as {@link ModelOptions#withBackend} takes it
 * @param threads of each side
 * @param python a Python with PyTorch and transformers; null for none
 * @param reference the folder of PyTorch's side, {@code bench/reference}
 * @param device of PyTorch: {@code cpu} or {@code cuda}
 */
record Subject(
    Path model,
    String label,
    String backend,
    int threads,
    @Nullable String python,
    Path reference,
    String device) {
  /** The names of its options. */
  static final List<String> OPTIONS =
      List.of("model", "label", "backend", "threads", "python", "reference", "device", "table");

  static Subject of(Arguments options) {
    String python = options.string("python", "");
    return new Subject(
        Path.of(options.require("model")),
        options.string("label", "model"),
        options.string("backend", "cpu"),
        options.integer("threads", Runtime.getRuntime().availableProcessors()),
        python.isEmpty() ? null : python,
        Path.of(options.string("reference", "bench/reference")),
        options.string("device", "cpu"));
  }

  /** With the image budget of Qwen's script, which PyTorch's side has. */
  ModelOptions options(Precision precision) {
    return ModelOptions.DEFAULT
        .withBackend(backend)
        .withThreads(threads)
        .withPrecision(precision)
        .withPixelBudget(PixelBudget.OFFICIAL_SCRIPT)
        .withAllowUndeclared(true);
  }

  Reranker open(ModelOptions options) {
    return Reranker.open(model, options);
  }

  /** Starts one of PyTorch's workers on the same model; empty, with a message, without Python. */
  Optional<PyTorch> pytorch(String name, String script, String... further) {
    if (python == null) {
      System.out.println(name + ": not there, since no Python with PyTorch was named");
      return Optional.empty();
    }
    List<String> command =
        List.of(
            python,
            reference.resolve(script).toString(),
            "--model",
            model.toString(),
            "--threads",
            Integer.toString(threads),
            "--device",
            device);
    return PyTorch.start(name, command, further);
  }
}
