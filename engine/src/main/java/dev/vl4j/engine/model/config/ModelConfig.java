package dev.vl4j.engine.model.config;

import dev.vl4j.engine.ModelException;
import dev.vl4j.loader.JsonFile;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code config.json} says about a Qwen3-VL model, or a Qwen3 model that reads texts only. A
 * value that this implementation does not compute with is refused by the name of its field.
 *
 * @param textScope what the names of the text tower's tensors begin with, the last dot included
 * @param vision empty for a model that reads texts only
 * @param tied whether {@code tie_word_embeddings} is set: one tensor serves as embeddings and head
 * @param head what makes a score of a hidden state
 * @param quantization null if no weight is quantised
 */
public record ModelConfig(
    String textScope,
    TextConfig text,
    Optional<VisionConfig> vision,
    boolean tied,
    HeadConfig head,
    @Nullable QuantizationConfig quantization) {
  /**
   * Reads and checks a configuration.
   *
   * @throws ModelException if a value is not supported or contradicts another
   */
  public static ModelConfig read(JsonFile config) {
    TextConfig text = TowerConfigs.text(config);
    return new ModelConfig(
        ModelType.of(config).textScope(),
        text,
        TowerConfigs.vision(config, text),
        isTied(config),
        HeadConfig.read(config),
        QuantizationConfig.read(config));
  }

  /** Older files say it of the language model alone. */
  public static boolean isTied(JsonFile config) {
    Boolean tied = config.optBoolean("tie_word_embeddings");
    if (tied == null) {
      tied = config.optBoolean("text_config.tie_word_embeddings");
    }
    return tied != null && tied;
  }

  /** Name of the table of the vocabulary's embeddings. */
  public String embeddings() {
    return embeddings(textScope);
  }

  /** Name of the table of the vocabulary's embeddings in a model of this configuration. */
  public static String embeddings(JsonFile config) {
    return embeddings(ModelType.of(config).textScope());
  }

  private static String embeddings(String textScope) {
    return textScope + "embed_tokens.weight";
  }
}
