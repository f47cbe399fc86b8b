package dev.vl4j.server.cli;

import dev.vl4j.engine.Diagnostics;
import dev.vl4j.engine.ModelException;
import dev.vl4j.kernels.BackendChoice;
import dev.vl4j.kernels.Backends;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.ElementType;
import dev.vl4j.loader.ModelDirectory;
import dev.vl4j.loader.StoredTensor;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Says what a model holds, without running it. */
@Command(name = "inspect", description = "Show architecture, sizes and memory of a checkpoint.")
final class InspectCommand implements Callable<Integer> {
  private static final String BUILT_IN = "built in";

  @Parameters(
      paramLabel = "MODEL",
      description =
          "Checkpoint directory, a hub's model id, or demo or demo-embedder for an embedded model.")
  String name = "";

  @Mixin BackendOption backend = new BackendOption();

  private final Streams streams;

  InspectCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() {
    if (!backend.choice.equals(Backends.AUTO)) {
      List<BackendChoice> _ =
          backend.choose(); // whoever names one is told first that it cannot run
    }
    if (name.equals(ModelOpener.DEMO)) {
      Diagnostics.readDemo(unpacked -> inspect(unpacked, BUILT_IN));
    } else if (name.equals(ModelOpener.DEMO_EMBEDDER)) {
      Diagnostics.readDemoEmbedder(unpacked -> {
        inspect(unpacked, BUILT_IN);
        adapter(unpacked.resolve("adapter"));
      });
    } else {
      String directory = new ModelLocator(streams).locate(name);
      inspect(path(directory), directory);
    }
    streams.out().flush();
    return 0;
  }

  /**
   * @param shown what people call the directory
   */
  private void inspect(Path directory, String shown) {
    ModelDirectory model = ModelDirectory.open(directory);
    line("model", name);
    if (!shown.equals(name)) {
      line("path", shown);
    }
    line("type", model.config().requireString("model_type"));
    line(
        "kind",
        String.format(
            Locale.ROOT,
            "%s (%s)",
            model.kind().name().toLowerCase(Locale.ROOT),
            model.evidence()));
    Diagnostics.architecture(model.directory()).forEach(this::line);
    try (Checkpoint checkpoint = model.openCheckpoint()) {
      weights(checkpoint);
    }
    line("head", orReason(() -> Diagnostics.scoringHead(model.directory())));
    line("backend", orReason(this::backend));
    line(
        "dtype",
        orReason(
            () -> "auto is " + Diagnostics.automaticPrecision(model.directory(), backend.choice)));
  }

  private void weights(Checkpoint checkpoint) {
    long parameters = 0;
    Map<ElementType, Integer> types = new EnumMap<>(ElementType.class);
    for (String name : checkpoint.names()) {
      StoredTensor tensor = checkpoint.tensor(name);
      parameters += tensor.elements();
      types.merge(tensor.type(), 1, Integer::sum);
    }
    line(
        "tensors",
        String.format(
            Locale.ROOT,
            "%d (%s), %,d parameters, %s on disk",
            checkpoint.names().size(),
            types.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", ")),
            parameters,
            size(checkpoint.bytes())));
    MemoryEstimate memory = MemoryEstimate.of(checkpoint);
    line(
        "memory",
        String.format(
            Locale.ROOT,
            "about %s: %s packed weights, %s token tables mapped from disk; requests come on top",
            size(memory.packed() + memory.mapped()),
            size(memory.packed()),
            size(memory.mapped())));
  }

  /** What the embedded model merges into its weights. */
  private void adapter(Path directory) {
    try (Checkpoint adapter =
        Checkpoint.open(directory, "adapter_model.safetensors", "adapter_config.json")) {
      line(
          "adapter",
          String.format(
              Locale.ROOT,
              "%d tensors, %,d parameters, %s, merged into the weights",
              adapter.names().size(),
              adapter.names().stream().mapToLong(tensor -> adapter.tensor(tensor).elements()).sum(),
              size(adapter.bytes())));
    }
  }

  private String backend() {
    return backend.choose().stream()
        .map(chosen -> "%s (%s)".formatted(chosen, Errors.oneLine(chosen.device().name())))
        .collect(Collectors.joining(", "));
  }

  /** What can be said, or why the weights cannot be computed with. */
  private static String orReason(Supplier<String> said) {
    try {
      return said.get();
    } catch (ModelException | CliException e) {
      return "none: " + Errors.message(e);
    }
  }

  private static Path path(String directory) {
    try {
      return Path.of(directory);
    } catch (InvalidPathException e) {
      throw new CliException("not a path: " + directory, e);
    }
  }

  private void line(String name, String value) {
    streams.out().printf("%-8s %s%n", name, value);
  }

  /** Bytes in the unit that leaves one to four digits before the point. */
  static String size(long bytes) {
    String[] units = {"KiB", "MiB", "GiB", "TiB"};
    double value = bytes / 1024.0;
    int unit = 0;
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
  }
}
