package dev.vl4j.engine.model;

import dev.vl4j.engine.ModelException;
import dev.vl4j.loader.JsonFile;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What {@code config.json} says about a Qwen3-VL model. A value that this implementation does not
 * compute with is refused by the name of its field.
 *
 * @param tied whether {@code tie_word_embeddings} is set: the output head is the embedding table
 * @param quantization null if no weight is quantised
 */
public record Qwen3VlConfig(
    Text text, Vision vision, boolean tied, @Nullable QuantizationConfig quantization) {
  /**
   * The language model.
   *
   * @param mropeSection how many rotary frequencies follow time, height and width
   * @param maxPositions longest prompt the model was made for
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
      double ropeTheta,
      int[] mropeSection,
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
    expect(config, "model_type", config.requireString("model_type"), "qwen3_vl");
    Text text = readText(config);
    Vision vision = readVision(config);
    check(
        vision.outHiddenSize == text.hiddenSize,
        config,
        "vision_config.out_hidden_size",
        "the text tower's hidden size " + text.hiddenSize,
        vision.outHiddenSize);
    check(
        vision.deepStackBlocks.length <= text.layers,
        config,
        "vision_config.deepstack_visual_indexes",
        "at most one for each of " + text.layers + " layers",
        vision.deepStackBlocks.length);
    Boolean tied = config.optBoolean("tie_word_embeddings");
    if (tied == null) {
      tied = config.optBoolean("text_config.tie_word_embeddings");
    }
    return new Qwen3VlConfig(text, vision, tied != null && tied, QuantizationConfig.read(config));
  }

  private static Text readText(JsonFile config) {
    String at = "text_config.";
    Boolean bias = config.optBoolean(at + "attention_bias");
    check(bias == null || !bias, config, at + "attention_bias", "false", "true");
    expect(config, at + "hidden_act", config.optString(at + "hidden_act"), "silu");
    int hidden = positive(config, at + "hidden_size");
    int heads = positive(config, at + "num_attention_heads");
    int keyValueHeads = positive(config, at + "num_key_value_heads");
    check(
        heads % keyValueHeads == 0,
        config,
        at + "num_key_value_heads",
        "a divisor of " + heads + " heads",
        keyValueHeads);
    int headSize = config.has(at + "head_dim") ? positive(config, at + "head_dim") : hidden / heads;
    check(headSize > 0 && headSize % 2 == 0, config, at + "head_dim", "an even number", headSize);
    String rope =
        config.has(at + "rope_parameters") ? at + "rope_parameters." : at + "rope_scaling.";
    String type = config.optString(rope + "rope_type");
    if (type == null) {
      type = config.optString(rope + "type");
    }
    expect(config, rope + "rope_type", type, "default");
    Boolean interleaved = config.optBoolean(rope + "mrope_interleaved");
    check(interleaved == null || interleaved, config, rope + "mrope_interleaved", "true", "false");
    int[] section = config.requireInts(rope + "mrope_section");
    check(
        section.length == 3
            && Math.min(section[0], Math.min(section[1], section[2])) >= 0
            && (long) section[0] + section[1] + section[2] == headSize / 2,
        config,
        rope + "mrope_section",
        "three parts of " + headSize / 2,
        Arrays.toString(section));
    return new Text(
        hidden,
        positive(config, at + "intermediate_size"),
        positive(config, at + "num_hidden_layers"),
        heads,
        keyValueHeads,
        headSize,
        positive(config, at + "vocab_size"),
        (float) config.requireDouble(at + "rms_norm_eps"),
        config.requireDouble(
            config.has(rope + "rope_theta") ? rope + "rope_theta" : at + "rope_theta"),
        section,
        positive(config, at + "max_position_embeddings"));
  }

  private static Vision readVision(JsonFile config) {
    String at = "vision_config.";
    expect(config, at + "hidden_act", config.optString(at + "hidden_act"), "gelu_pytorch_tanh");
    int hidden = positive(config, at + "hidden_size");
    int heads = positive(config, at + "num_heads");
    check(
        hidden % heads == 0 && hidden / heads % 4 == 0,
        config,
        at + "num_heads",
        "heads of a size divisible by 4 in a hidden size of " + hidden,
        heads);
    int positions = positive(config, at + "num_position_embeddings");
    int side = (int) Math.sqrt(positions);
    check(side * side == positions, config, at + "num_position_embeddings", "a square", positions);
    int channels = config.optInt(at + "in_channels").orElse(3);
    check(channels == 3, config, at + "in_channels", "3", channels);
    int depth = positive(config, at + "depth");
    int[] blocks = config.requireInts(at + "deepstack_visual_indexes");
    for (int i = 0; i < blocks.length; i++) {
      check(
          blocks[i] < depth && blocks[i] >= 0 && (i == 0 || blocks[i] > blocks[i - 1]),
          config,
          at + "deepstack_visual_indexes",
          "ascending blocks below " + depth,
          blocks[i]);
    }
    String rope = at + "rope_parameters.";
    String type = config.optString(rope + "rope_type");
    check(
        type == null || type.equals("axial") || type.equals("default"),
        config,
        rope + "rope_type",
        "axial",
        String.valueOf(type));
    return new Vision(
        hidden,
        positive(config, at + "intermediate_size"),
        depth,
        heads,
        channels,
        positive(config, at + "patch_size"),
        positive(config, at + "temporal_patch_size"),
        positive(config, at + "spatial_merge_size"),
        positive(config, at + "out_hidden_size"),
        side,
        config.optDouble(rope + "rope_theta").orElse(10000),
        blocks);
  }

  private static int positive(JsonFile config, String field) {
    int value = config.requireInt(field);
    check(value > 0, config, field, "a positive number", value);
    return value;
  }

  /** A field that is absent has its default, which is what is expected. */
  private static void expect(
      JsonFile config, String field, @Nullable String found, String expected) {
    check(found == null || found.equals(expected), config, field, expected, String.valueOf(found));
  }

  private static void check(
      boolean holds, JsonFile config, String field, String expected, Object found) {
    if (!holds) {
      throw new ModelException(
          "%s: %s: expected %s, found %s".formatted(config.path(), field, expected, found));
    }
  }
}
