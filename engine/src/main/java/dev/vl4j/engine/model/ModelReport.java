package dev.vl4j.engine.model;

import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.model.config.HeadConfig;
import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.model.config.TensorNames;
import dev.vl4j.engine.model.config.TextConfig;
import dev.vl4j.engine.model.config.TowerConfigs;
import dev.vl4j.engine.model.config.VisionConfig;
import dev.vl4j.engine.model.config.Yarn;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.JsonFile;
import dev.vl4j.loader.ModelDirectory;
import dev.vl4j.loader.StoredTensor;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What a model directory holds, in words for people. */
public final class ModelReport {
  private ModelReport() {}

  /**
   * Its towers, the longest prompt and where the settings of images come from, each by its name.
   *
   * @throws ModelException if a value of the configuration is not supported
   */
  public static Map<String, String> architecture(ModelDirectory directory) {
    Map<String, String> lines = new LinkedHashMap<>();
    TextConfig text = TowerConfigs.text(directory.config());
    lines.put(
        "text",
        String.format(
            Locale.ROOT,
            "%d layers, hidden %d, intermediate %d, %d heads, %d key-value heads, vocabulary %d",
            text.layers(),
            text.hiddenSize(),
            text.intermediateSize(),
            text.heads(),
            text.keyValueHeads(),
            text.vocabularySize()));
    lines.put("context", context(text));
    Optional<VisionConfig> vision = TowerConfigs.vision(directory.config(), text);
    lines.put("vision", vision.map(ModelReport::vision).orElse("none: the model reads texts only"));
    if (vision.isPresent()) {
      lines.put(
          "images",
          directory
              .preprocessor()
              .map(settings -> "as " + settings.path().getFileName() + " says")
              .orElse("as for the published Qwen3-VL-Reranker, since no file says"));
    }
    return lines;
  }

  private static String vision(VisionConfig vision) {
    return String.format(
        Locale.ROOT,
        "%d blocks, hidden %d, intermediate %d, %d heads, patch %d, merge %d",
        vision.depth(),
        vision.hiddenSize(),
        vision.intermediateSize(),
        vision.heads(),
        vision.patchSize(),
        vision.mergeSize());
  }

  private static String context(TextConfig text) {
    Yarn yarn = text.rope().yarn();
    String tokens = text.maxPositions() + " tokens";
    return yarn == null
        ? tokens
        : "%s, with YaRN, %s times %s"
            .formatted(tokens, plain(yarn.factor()), plain(yarn.originalPositions()));
  }

  private static String plain(double number) {
    return new BigDecimal(number).round(new MathContext(6)).stripTrailingZeros().toPlainString();
  }

  /**
   * Which weights make the score: "embed_tokens, tied".
   *
   * @param checkpoint under the names of {@link TensorNames}
   * @throws ModelException if the configuration asks for a head that is not supported
   */
  public static String head(JsonFile config, Checkpoint checkpoint) {
    HeadConfig head = HeadConfig.read(config);
    String raw = head.activation() == HeadConfig.Activation.IDENTITY ? ", without a sigmoid" : "";
    if (head.classifier()) {
      return classifier(config, checkpoint) + raw;
    }
    String words = head.tokens().isEmpty() ? "" : "tokens " + head.tokens() + " of ";
    return words + table(config, checkpoint) + raw;
  }

  private static String classifier(JsonFile config, Checkpoint checkpoint) {
    if (!checkpoint.contains(TensorNames.CLASSIFIER)) {
      return "none: " + TensorNames.CLASSIFIER + " is missing";
    }
    StoredTensor weight = checkpoint.tensor(TensorNames.CLASSIFIER);
    String name = weight.name() + " " + weight.shape();
    if (weight.shape().isEmpty() || weight.shape().getFirst() != 2) {
      return name;
    }
    String label = config.optString("id2label.1");
    return "%s, for the second label (%s)".formatted(name, label == null ? "LABEL_1" : label);
  }

  private static String table(JsonFile config, Checkpoint checkpoint) {
    boolean tied = ModelConfig.isTied(config);
    if (!checkpoint.contains(TensorNames.HEAD)) {
      return tied ? "embed_tokens, tied" : "none: lm_head.weight is missing";
    }
    if (!tied) {
      return "lm_head.weight";
    }
    if (!checkpoint.contains(ModelConfig.embeddings(config))) {
      return "lm_head.weight, tied";
    }
    return differs(config, checkpoint)
        ? "lm_head.weight, which differs from embed_tokens though tie_word_embeddings is true"
        : "lm_head.weight, equal to embed_tokens";
  }

  private static boolean differs(JsonFile config, Checkpoint checkpoint) {
    StoredTensor head = checkpoint.tensor(TensorNames.HEAD);
    StoredTensor embeddings = checkpoint.tensor(ModelConfig.embeddings(config));
    return head.type() != embeddings.type() || head.data().mismatch(embeddings.data()) >= 0;
  }
}
