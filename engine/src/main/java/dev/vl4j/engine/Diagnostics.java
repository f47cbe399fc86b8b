package dev.vl4j.engine;

import dev.vl4j.engine.model.ModelReport;
import dev.vl4j.engine.model.config.QuantizationConfig;
import dev.vl4j.engine.model.config.TensorNames;
import dev.vl4j.engine.model.weights.ResolvedPrecision;
import dev.vl4j.engine.model.weights.Version;
import dev.vl4j.engine.prompt.Tokenizer;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendChoice;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import dev.vl4j.kernels.FormatSupport;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.IoReason;
import dev.vl4j.loader.LoaderException;
import dev.vl4j.loader.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a health check of an installation or of a model asks. */
public final class Diagnostics {
  private static final String SMALLEST =
      """
      {"version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": null,
       "post_processor": null, "decoder": null,
       "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}
      """;

  private Diagnostics() {}

  /**
   * What {@link Precision#AUTO} comes to for a model directory on a backend, and why: "bf16
   * (weights in [BF16])".
   *
   * @param backend as for {@link ModelOptions#withBackend}
   * @throws ModelException if its weights are missing or damaged, or stored in a way that is not
   *     supported, or if there is no such backend or it cannot run
   */
  public static String automaticPrecision(Path directory, String backend) {
    Objects.requireNonNull(directory, "directory");
    Objects.requireNonNull(backend, "backend");
    try {
      ModelDirectory model = ModelDirectory.open(directory);
      QuantizationConfig quantization = QuantizationConfig.read(model.config());
      try (Checkpoint checkpoint = TensorNames.open(model)) {
        ResolvedPrecision resolved =
            resolved(
                checkpoint,
                quantization,
                Backends.chooseAll(backend, BackendSettings.DEFAULT.withThreads(1)).getFirst());
        return "%s (%s)".formatted(resolved.precision(), resolved.reason());
      }
    } catch (LoaderException | BackendException e) {
      throw new ModelException(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Refuses a precision that a backend does not have, without opening it.
   *
   * @param backend as for {@link ModelOptions#withBackend}; one that tells its formats only once it
   *     is open is not asked
   * @throws ModelException if it has no such products, with what has them, or if there is no such
   *     backend or it cannot run
   */
  public static void requirePrecision(Precision precision, String backend) {
    Objects.requireNonNull(precision, "precision");
    Objects.requireNonNull(backend, "backend");
    if (precision == Precision.AUTO) {
      return;
    }
    try {
      for (BackendChoice choice : Backends.chooseAll(backend, BackendSettings.DEFAULT)) {
        choice
            .capability(FormatSupport.class)
            .ifPresent(formats -> ResolvedPrecision.require(precision, formats, choice.toString()));
      }
    } catch (BackendException e) {
      throw new ModelException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Opens the backend only if there is no other way to know its formats. */
  private static ResolvedPrecision resolved(
      Checkpoint checkpoint, @Nullable QuantizationConfig quantization, BackendChoice choice) {
    Optional<FormatSupport> formats = choice.capability(FormatSupport.class);
    if (formats.isPresent()) {
      return ResolvedPrecision.of(Precision.AUTO, checkpoint, quantization, formats.get());
    }
    try (Backend opened = choice.open()) {
      return ResolvedPrecision.of(Precision.AUTO, checkpoint, quantization, opened);
    }
  }

  /**
   * What a model directory says of itself, in words for people: its towers, the longest prompt, and
   * where the settings of images come from, each by its name.
   *
   * @throws ModelException if its configuration is missing, damaged or not supported
   */
  public static Map<String, String> architecture(Path directory) {
    Objects.requireNonNull(directory, "directory");
    try {
      return ModelReport.architecture(ModelDirectory.open(directory));
    } catch (LoaderException e) {
      throw new ModelException(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Which weights of a model directory make the score: "embed_tokens, tied".
   *
   * @throws ModelException if its weights are missing or damaged, or the head is not supported
   */
  public static String scoringHead(Path directory) {
    Objects.requireNonNull(directory, "directory");
    try {
      ModelDirectory model = ModelDirectory.open(directory);
      try (Checkpoint checkpoint = TensorNames.open(model)) {
        return ModelReport.head(model.config(), checkpoint);
      }
    } catch (LoaderException e) {
      throw new ModelException(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Lets somebody read the files of the demonstration model, which are there for that time only.
   *
   * @param use is given the directory
   * @throws ModelException if they cannot be unpacked
   */
  public static void readDemo(Consumer<Path> use) {
    Objects.requireNonNull(use, "use");
    readDemo(DemoModel.RERANKER, use);
  }

  /**
   * The same for the demonstration embedder, whose adapter is in the folder {@code adapter} of the
   * directory.
   *
   * @param use is given the directory
   * @throws ModelException if they cannot be unpacked
   */
  public static void readDemoEmbedder(Consumer<Path> use) {
    Objects.requireNonNull(use, "use");
    readDemo(DemoModel.EMBEDDER, use);
  }

  private static void readDemo(DemoModel model, Consumer<Path> use) {
    Path directory = model.unpack();
    try {
      use.accept(directory);
    } finally {
      DemoModel.delete(directory);
    }
  }

  /** Loads the native tokenizer library: "usable", or the reason why it is not. */
  public static String tokenizerNatives() {
    try {
      Path file = Files.createTempFile("vl4j-tokenizer", ".json");
      try {
        Files.writeString(file, SMALLEST);
        Tokenizer.open(file).close();
        return "usable";
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      return "not usable: no temporary file can be made: " + IoReason.of(e);
    } catch (ModelException e) {
      return "not usable: " + e.getMessage();
    }
  }

  /** The version of this library. */
  public static String version() {
    return Version.NAME;
  }
}
