package dev.vl4j.engine.model;

import dev.vl4j.engine.ModelException;
import dev.vl4j.kernels.Activation;
import dev.vl4j.loader.JsonFile;
import org.jspecify.annotations.Nullable;

/**
 * What {@code config.json} says about a Qwen3-VL model. A value that this implementation does not
 * compute with is refused by the name of its field.
 *
 * @param tied whether {@code tie_word_embeddings} is set: one tensor serves as embeddings and head
 * @param head what makes a score of a hidden state
 * @param quantization null if no weight is quantised
 */
public record Qwen3VlConfig(
    Text text,
    Vision vision,
    boolean tied,
    HeadConfig head,
    @Nullable QuantizationConfig quantization) {
  /**
   * The language model.
   *
   * @param rope rotary position embeddings
   * @param maxPositions longest prompt that the model was made for, or that YaRN stretches it to
   */
  public record Text(
      int hiddenSize,
      int intermediateSize,
      int layers,
      int heads,
      int keyValueHeads,
      int headSize,
      int vocabularySize,
      float normEpsilon,
      TextRope rope,
      int maxPositions) {
    int querySize() {
      return heads * headSize;
    }

    int keyValueSize() {
      return keyValueHeads * headSize;
    }
  }

  /**
   * The vision tower.
   *
   * @param temporalPatchSize frames that a patch spans
   * @param positionGridSide side of the square grid of learned position embeddings
   * @param activation between the two layers of a block's MLP
   * @param deepStackBlocks blocks whose outputs are handed to the language model's first layers
   */
  public record Vision(
      int hiddenSize,
      int intermediateSize,
      int depth,
      int heads,
      int channels,
      int patchSize,
      int temporalPatchSize,
      int mergeSize,
      int outHiddenSize,
      int positionGridSide,
      double ropeTheta,
      Activation activation,
      int[] deepStackBlocks) {
    int headSize() {
      return hiddenSize / heads;
    }

    /** Values of a patch in one of its frames. */
    int framePatchValues() {
      return channels * patchSize * patchSize;
    }

    /** Patches that become one token. */
    int patchesPerToken() {
      return mergeSize * mergeSize;
    }

    int mergedSize() {
      return hiddenSize * patchesPerToken();
    }
  }

  /**
   * Reads and checks a configuration.
   *
   * @throws ModelException if a value is not supported or contradicts another
   */
  public static Qwen3VlConfig read(JsonFile config) {
    Text text = TowerConfigs.text(config);
    return new Qwen3VlConfig(
        text,
        TowerConfigs.vision(config, text),
        isTied(config),
        HeadConfig.read(config),
        QuantizationConfig.read(config));
  }

  /** Older files say it of the language model alone. */
  static boolean isTied(JsonFile config) {
    Boolean tied = config.optBoolean("tie_word_embeddings");
    if (tied == null) {
      tied = config.optBoolean("text_config.tie_word_embeddings");
    }
    return tied != null && tied;
  }
}
