package dev.vl4j.engine.model.config;

import dev.vl4j.engine.ModelException;
import dev.vl4j.loader.JsonFile;

/** The model families that are computed here, by {@code model_type} of {@code config.json}. */
enum ModelType {
  /** Reads texts and images: a vision tower before a text tower. */
  QWEN3_VL("qwen3_vl", "text_config.", "model.language_model.", 128_000, 500_000),
  /** Reads texts only: the same text tower by itself. */
  QWEN3("qwen3", "", "model.", 32_768, 10_000);

  private final String name;
  private final String textSection;
  private final String textScope;
  private final int maxPositions;
  private final double ropeTheta;

  ModelType(String name, String textSection, String textScope, int maxPositions, double ropeTheta) {
    this.name = name;
    this.textSection = textSection;
    this.textScope = textScope;
    this.maxPositions = maxPositions;
    this.ropeTheta = ropeTheta;
  }

  /**
   * The family of a configuration.
   *
   * @throws ModelException if it is none of these
   */
  static ModelType of(JsonFile config) {
    String found = config.requireString("model_type");
    for (ModelType type : values()) {
      if (type.name.equals(found)) {
        return type;
      }
    }
    if (found.endsWith("_moe")) {
      throw new ModelException(
          "%s: model_type: %s is a mixture of experts, which is not supported; expected %s or %s"
              .formatted(config.path(), found, QWEN3_VL.name, QWEN3.name));
    }
    throw ConfigRefusal.of(config, "model_type", QWEN3_VL.name + " or " + QWEN3.name, found);
  }

  /** Path of the text tower's fields in {@code config.json}, with a dot at its end if any. */
  String textSection() {
    return textSection;
  }

  /** What the names of the text tower's tensors begin with, the last dot included. */
  String textScope() {
    return textScope;
  }

  /** {@code max_position_embeddings} where the configuration does not say. */
  int maxPositions() {
    return maxPositions;
  }

  /** {@code rope_theta} where the configuration does not say. */
  double ropeTheta() {
    return ropeTheta;
  }

  /** Whether positions have three axes, as those of images do. */
  boolean hasAxes() {
    return this == QWEN3_VL;
  }
}
