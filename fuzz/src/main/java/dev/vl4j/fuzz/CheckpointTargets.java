package dev.vl4j.fuzz;

import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.model.weights.LoraAdapterTarget;
import dev.vl4j.engine.prompt.Fragment;
import dev.vl4j.engine.prompt.Tokenizer;
import dev.vl4j.kernels.packed.PackedFileTarget;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.JsonFile;
import dev.vl4j.loader.LoaderException;
import dev.vl4j.loader.ModelDirectory;
import dev.vl4j.loader.SafetensorsFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The files of a model's directory. */
final class CheckpointTargets {
  /** Runs of all that patterns tell apart, which a tokenizer has to survive. */
  private static final String ODD_TEXT =
      Stream.of("y", " ", "yes", "\r\n", "no ", "1", "\u4e0d", "e\u0301", "\ud83c\udf89", "!'")
          .map(run -> run.repeat(500))
          .collect(Collectors.joining("s"));

  private CheckpointTargets() {}

  static List<Target> all() {
    return List.of(
        Target.of("safetensors", safetensors()),
        Target.of("index", index()),
        Target.of("config", config()),
        Target.of("tokenizer", tokenizer()),
        Target.of("side-files", sideFiles()),
        Target.of("packed", PackedFileTarget.reader(new Scratch())),
        Target.of("lora", lora()));
  }

  private static Target.Reader safetensors() {
    Scratch scratch = new Scratch();
    return input -> {
      try (SafetensorsFile file = SafetensorsFile.open(scratch.file("model.safetensors", input))) {
        file.tensors()
            .forEach((name, tensor) -> {
              if (!name.equals(tensor.name())) {
                throw new AssertionError(name + " is called " + tensor.name());
              }
            });
      } catch (LoaderException e) {
        refused(e, input);
      }
    };
  }

  /** An index beside a shard of one tensor. */
  private static Target.Reader index() {
    Scratch scratch = new Scratch();
    byte[] shard =
        Scratch.safetensors("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4);
    return input -> {
      scratch.file("model-00001-of-00002.safetensors", shard);
      scratch.file("model.safetensors.index.json", input);
      try (Checkpoint checkpoint = Checkpoint.open(scratch.folder())) {
        checkpoint.names().forEach(checkpoint::tensor);
      } catch (LoaderException e) {
        refused(e, input);
      }
    };
  }

  private static Target.Reader config() {
    Scratch scratch = new Scratch();
    return input -> {
      try {
        ModelConfig _ = ModelConfig.read(JsonFile.read(scratch.file("config.json", input)));
      } catch (LoaderException | ModelException e) {
        refused(e, input);
      }
    };
  }

  private static Target.Reader tokenizer() {
    Scratch scratch = new Scratch();
    return input -> {
      try (Tokenizer tokenizer = Tokenizer.open(scratch.file("tokenizer.json", input))) {
        Object _ = tokenizer.idOf("yes");
        int[] _ = tokenizer.encode(List.of(new Fragment.Text(ODD_TEXT)));
      } catch (LoaderException | ModelException e) {
        refused(e, input);
      }
    };
  }

  /** Several small files in one input, parted by a zero byte each. */
  private static Target.Reader sideFiles() {
    Scratch scratch = new Scratch();
    List<String> names =
        List.of(
            "config.json",
            "modules.json",
            "preprocessor_config.json",
            "tokenizer_config.json",
            "processor_config.json",
            "1_LogitScore/config.json");
    return input -> {
      Files.createDirectories(scratch.folder().resolve("1_LogitScore"));
      int start = 0;
      for (String name : names) {
        int end = start;
        while (end < input.length && input[end] != 0) {
          end++;
        }
        scratch.file(name, Arrays.copyOfRange(input, start, end));
        start = Math.min(end + 1, input.length);
      }
      try {
        ModelDirectory directory = ModelDirectory.open(scratch.folder());
        Object _ = directory.kind();
        Object _ = directory.trueTokenId();
        Object _ = directory.falseTokenId();
        Object _ = directory.preprocessor();
      } catch (LoaderException e) {
        refused(e, input);
      }
    };
  }

  private static Target.Reader lora() {
    LoraAdapterTarget target = new LoraAdapterTarget();
    return input -> {
      try {
        target.read(input);
      } catch (LoaderException | ModelException e) {
        refused(e, input);
      }
    };
  }

  /**
   * A refusal has a reason in words, and no class of Java's among them, unless the input itself
   * brought it.
   */
  static void refused(Exception refusal, byte[] input) {
    String message = refusal.getMessage();
    if (message == null
        || message.isBlank()
        || (message.contains("Exception")
            && !new String(input, StandardCharsets.ISO_8859_1).contains("Exception"))) {
      throw new AssertionError("a refusal without a reason in words: " + message, refusal);
    }
  }
}
