package dev.vl4j.engine.model.config;

import dev.vl4j.engine.ModelException;
import dev.vl4j.loader.JsonFile;
import java.util.OptionalDouble;

/**
 * YaRN, which stretches rotary embeddings to prompts longer than a model was trained on: slow
 * rotations are slowed down by a factor, fast ones are left as they are, and between them there is
 * a ramp. After Peng et al., "YaRN: Efficient Context Window Extension of Large Language Models",
 * 2023, with the fields and the float32 arithmetic of transformers 5.18.
 *
 * @param factor by how much prompts may be longer
 * @param originalPositions longest prompt that the model was trained on
 * @param betaFast rotations over such a prompt from which on a frequency is left as it is
 * @param betaSlow rotations below which it is slowed down by the whole factor
 * @param truncate whether the ramp begins and ends at whole frequencies
 * @param attentionFactor what cosines and sines are multiplied with
 */
public record Yarn(
    double factor,
    double originalPositions,
    double betaFast,
    double betaSlow,
    boolean truncate,
    double attentionFactor) {
  private static final double FAST = 32;
  private static final double SLOW = 1;

  /**
   * Reads a section of rotary settings.
   *
   * @param section its path, with a dot at the end
   * @param outer path of the section around it, whose field for the original length goes first
   * @param maxPositions {@code max_position_embeddings}
   * @throws ModelException if a value cannot be computed with
   */
  static Yarn read(JsonFile config, String section, String outer, int maxPositions) {
    String lengthField = "original_max_position_embeddings";
    double original =
        first(config, outer + lengthField, section + lengthField).orElse(maxPositions);
    positive(config, section + lengthField, original);
    String factorField = section + "factor";
    if (!config.section(section.substring(0, section.length() - 1)).keys().contains("factor")) {
      throw ConfigRefusal.of(config, factorField, "a number", "nothing");
    }
    // A factor of null is spelt out by the two lengths.
    double factor = config.optDouble(factorField).orElse(maxPositions / original);
    positive(config, factorField, factor);
    double fast = nonZero(config, section + "beta_fast").orElse(FAST);
    double slow = nonZero(config, section + "beta_slow").orElse(SLOW);
    positive(config, section + "beta_fast", fast);
    positive(config, section + "beta_slow", slow);
    Boolean truncate = config.optBoolean(section + "truncate");
    return new Yarn(
        factor,
        original,
        fast,
        slow,
        truncate == null || truncate,
        config
            .optDouble(section + "attention_factor")
            .orElseGet(() -> attentionFactor(config, section, factor)));
  }

  private static double attentionFactor(JsonFile config, String section, double factor) {
    OptionalDouble scale = nonZero(config, section + "mscale");
    OptionalDouble allDimensions = nonZero(config, section + "mscale_all_dim");
    return scale.isPresent() && allDimensions.isPresent()
        ? magnitude(factor, scale.getAsDouble()) / magnitude(factor, allDimensions.getAsDouble())
        : magnitude(factor, 1);
  }

  private static double magnitude(double factor, double scale) {
    return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
  }

  private static OptionalDouble first(JsonFile config, String field, String otherwise) {
    OptionalDouble found = config.optDouble(field);
    return found.isPresent() ? found : config.optDouble(otherwise);
  }

  /** In Python, 0 is as good as nothing here. */
  private static OptionalDouble nonZero(JsonFile config, String field) {
    OptionalDouble found = config.optDouble(field);
    return found.isPresent() && found.getAsDouble() == 0 ? OptionalDouble.empty() : found;
  }

  private static void positive(JsonFile config, String field, double value) {
    if (!(value > 0)) {
      throw ConfigRefusal.of(config, field, "a number above 0", value);
    }
  }

  /** Longest prompt, in tokens. */
  int positions() {
    return (int) Math.min(originalPositions * factor, Integer.MAX_VALUE);
  }

  /**
   * Radians per position: {@code [size / 2]}.
   *
   * @param theta base of the frequencies, above 1
   * @param size of a head
   */
  float[] inverseFrequencies(double theta, int size) {
    double first = dimension(betaFast, theta, size);
    double last = dimension(betaSlow, theta, size);
    double low = Math.max(truncate ? Math.floor(first) : first, 0);
    double high = Math.min(truncate ? Math.ceil(last) : last, size - 1);
    float width = (float) (low == high ? 0.001 : high - low);
    float[] frequencies = new float[size / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float power = RotaryFrequencies.power(theta, i, size);
      float ramp = Math.clamp((i - (float) low) / width, 0f, 1f);
      // Both weights as PyTorch rounds them: the second is not the ramp itself.
      float kept = 1 - ramp;
      float stretched = 1 / ((float) factor * power);
      frequencies[i] = stretched * (1 - kept) + 1 / power * kept;
    }
    return frequencies;
  }

  /** The frequency, counted as a fraction, that turns so often over an original prompt. */
  private double dimension(double rotations, double theta, int size) {
    return size * Math.log(originalPositions / (rotations * 2 * Math.PI)) / (2 * Math.log(theta));
  }
}
