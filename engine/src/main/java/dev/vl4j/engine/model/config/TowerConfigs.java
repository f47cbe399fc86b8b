package dev.vl4j.engine.model.config;

import dev.vl4j.engine.ModelException;
import dev.vl4j.kernels.Activation;
import dev.vl4j.loader.JsonFile;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a configuration says of each tower. A field that is not there has the value that
 * transformers 5.18 gives it, in {@code Qwen3VLTextConfig}, {@code Qwen3VLVisionConfig} and {@code
 * Qwen3Config}.
 */
public final class TowerConfigs {
  private static final String VISION = "vision_config.";

  private static final String FULL_ATTENTION = "full_attention";
  private static final int HEADS = 32;
  private static final double VISION_ROPE_THETA = 10_000;
  private static final int[] DEEPSTACK_BLOCKS = {8, 16, 24};

  /** Names that transformers has for one function. */
  private static final Set<String> SILU = Set.of("silu", "swish");

  private static final Set<String> GELU_TANH =
      Set.of("gelu_pytorch_tanh", "gelu_python_tanh", "gelu_new", "gelu_fast", "gelu_accurate");
  private static final Set<String> GELU = Set.of("gelu", "gelu_python");

  private TowerConfigs() {}

  /**
   * Reads and checks what a configuration says of the language model.
   *
   * @throws ModelException if a value is not supported or contradicts another
   */
  public static TextConfig text(JsonFile config) {
    ModelType type = ModelType.of(config);
    String at = type.textSection();
    Boolean bias = config.optBoolean(at + "attention_bias");
    check(bias == null || !bias, config, at + "attention_bias", "false", "true");
    refuseSlidingWindows(config, at);
    String activation = config.optString(at + "hidden_act");
    check(
        activation == null || SILU.contains(activation),
        config,
        at + "hidden_act",
        "silu or swish",
        activation);
    int heads = count(config, at + "num_attention_heads", HEADS);
    int keyValueHeads =
        count(config, at + "num_key_value_heads", saysNull(config, at) ? heads : HEADS);
    check(
        heads % keyValueHeads == 0,
        config,
        at + "num_key_value_heads",
        "a divisor of " + heads + " heads",
        keyValueHeads);
    int headSize = count(config, at + "head_dim", 128);
    check(headSize % 2 == 0, config, at + "head_dim", "an even number", headSize);
    int positions = count(config, at + "max_position_embeddings", type.maxPositions());
    TextRope rope = TextRope.read(config, type, positions);
    return new TextConfig(
        count(config, at + "hidden_size", 4096),
        count(config, at + "intermediate_size", 22_016),
        count(config, at + "num_hidden_layers", 32),
        heads,
        keyValueHeads,
        headSize,
        count(config, at + "vocab_size", 151_936),
        (float) config.optDouble(at + "rms_norm_eps").orElse(1e-6),
        rope,
        rope.yarn() == null ? positions : Math.max(positions, rope.yarn().positions()));
  }

  /** Null key-value heads are as many as heads, while none at all are the default. */
  private static boolean saysNull(JsonFile config, String at) {
    String field = "num_key_value_heads";
    Optional<JsonFile> text =
        at.isEmpty()
            ? Optional.of(config)
            : config.optSection(at.substring(0, at.length() - 1)); // without the dot
    return text.filter(section -> section.keys().contains(field) && !section.has(field))
        .isPresent();
  }

  /** Tokens that see only their neighbours are not computed here. */
  private static void refuseSlidingWindows(JsonFile config, String at) {
    Boolean sliding = config.optBoolean(at + "use_sliding_window");
    check(sliding == null || !sliding, config, at + "use_sliding_window", "false", "true");
    if (config.has(at + "layer_types")) {
      for (String layer : config.requireStrings(at + "layer_types")) {
        check(layer.equals(FULL_ATTENTION), config, at + "layer_types", FULL_ATTENTION, layer);
      }
    }
  }

  /**
   * Reads and checks what a configuration says of the vision tower.
   *
   * @param text the language model that it serves
   * @return empty for a model that reads texts only
   * @throws ModelException if a value is not supported or contradicts another
   */
  public static Optional<VisionConfig> vision(JsonFile config, TextConfig text) {
    return ModelType.of(config) == ModelType.QWEN3_VL
        ? Optional.of(readVision(config, text))
        : Optional.empty();
  }

  private static VisionConfig readVision(JsonFile config, TextConfig text) {
    int hidden = count(config, VISION + "hidden_size", 1152);
    // transformers knows the field by a general name as well, which goes first.
    int heads =
        count(config, VISION + "num_attention_heads", count(config, VISION + "num_heads", 16));
    check(
        hidden % heads == 0 && hidden / heads % 4 == 0,
        config,
        VISION + "num_heads",
        "heads of a size divisible by 4 in a hidden size of " + hidden,
        heads);
    int positions = count(config, VISION + "num_position_embeddings", 2304);
    int side = (int) Math.sqrt(positions);
    check(
        side * side == positions,
        config,
        VISION + "num_position_embeddings",
        "a square",
        positions);
    int channels = count(config, VISION + "in_channels", 3);
    check(channels == 3, config, VISION + "in_channels", "3", channels);
    int depth = count(config, VISION + "depth", 27);
    return new VisionConfig(
        hidden,
        count(config, VISION + "intermediate_size", 4304),
        depth,
        heads,
        channels,
        count(config, VISION + "patch_size", 16),
        count(config, VISION + "temporal_patch_size", 2),
        count(config, VISION + "spatial_merge_size", 2),
        outHiddenSize(config, text.hiddenSize()),
        side,
        visionTheta(config),
        activation(config),
        deepStackBlocks(config, depth, text.layers()));
  }

  private static int outHiddenSize(JsonFile config, int hidden) {
    int size = count(config, VISION + "out_hidden_size", 3584);
    check(
        size == hidden,
        config,
        VISION + "out_hidden_size",
        "the text tower's hidden size " + hidden,
        size);
    return size;
  }

  private static double visionTheta(JsonFile config) {
    String section = TextRope.section(config, VISION);
    String type = TextRope.type(config, section);
    check(
        type.equals("axial") || type.equals("default"),
        config,
        section + "rope_type",
        "axial",
        type);
    return TextRope.theta(config, section, VISION, VISION_ROPE_THETA);
  }

  private static Activation activation(JsonFile config) {
    String name = config.optString(VISION + "hidden_act");
    if (name == null || GELU_TANH.contains(name)) {
      return Activation.GELU_TANH;
    }
    check(GELU.contains(name), config, VISION + "hidden_act", "gelu_pytorch_tanh or gelu", name);
    return Activation.GELU_ERF;
  }

  private static int[] deepStackBlocks(JsonFile config, int depth, int layers) {
    String field = VISION + "deepstack_visual_indexes";
    int[] given = config.optInts(field);
    int[] blocks = given == null ? DEEPSTACK_BLOCKS : given;
    check(
        blocks.length <= layers,
        config,
        field,
        "at most one for each of " + layers + " layers",
        blocks.length);
    for (int i = 0; i < blocks.length; i++) {
      check(
          blocks[i] < depth && blocks[i] >= 0 && (i == 0 || blocks[i] > blocks[i - 1]),
          config,
          field,
          "ascending blocks below " + depth,
          blocks[i]);
    }
    return blocks;
  }

  private static int count(JsonFile config, String field, int absent) {
    int value = config.optInt(field).orElse(absent);
    check(value > 0, config, field, "a positive number", value);
    return value;
  }

  private static void check(
      boolean holds, JsonFile config, String field, String expected, @Nullable Object found) {
    if (!holds) {
      throw ConfigRefusal.of(config, field, expected, String.valueOf(found));
    }
  }
}
