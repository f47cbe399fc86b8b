package dev.vl4j.engine.model.config;

import dev.vl4j.engine.ModelException;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.loader.JsonFile;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What {@code config.json} says about the language model's rotary embeddings, with the precedence
 * and the defaults of transformers 5.18: {@code rope_scaling} goes before {@code rope_parameters},
 * whole, and what the one that counts lacks is not taken from the other.
 *
 * @param theta base of the frequencies
 * @param mropeSection how many rotary frequencies follow time, height and width; those beyond
 *     height and width follow time
 * @param yarn null if frequencies are not scaled
 */
public record TextRope(double theta, int[] mropeSection, @Nullable Yarn yarn) {
  private static final System.Logger LOG = System.getLogger(TextRope.class.getName());

  private static final int[] SECTION = {24, 20, 20};
  private static final int[] ONE_AXIS = {0, 0, 0};

  /**
   * Reads and checks them.
   *
   * @param maxPositions {@code max_position_embeddings}
   * @throws ModelException if this kind of rotary embedding is not computed here
   */
  static TextRope read(JsonFile config, ModelType model, int maxPositions) {
    String at = model.textSection();
    String section = section(config, at);
    String type = type(config, section);
    if (!type.equals("default") && !type.equals("yarn")) {
      throw ConfigRefusal.of(config, section + "rope_type", "default or yarn", type);
    }
    int[] parts = model.hasAxes() ? axes(config, section) : ONE_AXIS;
    double theta = theta(config, section, at, model.ropeTheta());
    String other = at + "rope_parameters.";
    if (!section.equals(other) && theta(config, other, at, theta) != theta) {
      LOG.log(
          System.Logger.Level.WARNING,
          "%s: rope_scaling goes before rope_parameters, as in transformers: rope_theta is %s"
              .formatted(config.path(), theta));
    }
    if (type.equals("default")) {
      return new TextRope(theta, parts, null);
    }
    if (theta <= 1) {
      throw ConfigRefusal.of(config, section + "rope_theta", "a number above 1", theta);
    }
    double rotated =
        config
            .optDouble(section + "partial_rotary_factor")
            .orElseGet(() -> config.optDouble(at + "partial_rotary_factor").orElse(1));
    if (rotated != 1) {
      throw ConfigRefusal.of(config, section + "partial_rotary_factor", "1", rotated);
    }
    return new TextRope(theta, parts, Yarn.read(config, section, at, maxPositions));
  }

  /** How many frequencies follow each axis. */
  private static int[] axes(JsonFile config, String section) {
    Boolean interleaved = config.optBoolean(section + "mrope_interleaved");
    if (interleaved != null && !interleaved) {
      throw ConfigRefusal.of(config, section + "mrope_interleaved", "true", false);
    }
    int[] parts = config.optInts(section + "mrope_section");
    if (parts == null) {
      return SECTION;
    }
    if (parts.length < 3 || Arrays.stream(parts).anyMatch(part -> part < 0)) {
      throw ConfigRefusal.of(
          config, section + "mrope_section", "three numbers of 0 or more", Arrays.toString(parts));
    }
    return parts;
  }

  /** Path of the section that counts, with a dot at the end. */
  static String section(JsonFile config, String at) {
    boolean scaling =
        config.has(at + "rope_scaling") && !config.section(at + "rope_scaling").keys().isEmpty();
    return at + (scaling ? "rope_scaling." : "rope_parameters.");
  }

  /** The kind of rotary embedding; {@code type} is an older name of the field. */
  static String type(JsonFile config, String section) {
    String type = config.optString(section + "rope_type");
    if (type == null) {
      type = config.optString(section + "type");
    }
    return type == null ? "default" : type;
  }

  /** Base of the frequencies; the section around may hold it, as older files do. */
  static double theta(JsonFile config, String section, String at, double otherwise) {
    double theta =
        config
            .optDouble(section + "rope_theta")
            .orElseGet(() -> config.optDouble(at + "rope_theta").orElse(otherwise));
    if (theta <= 0) {
      throw ConfigRefusal.of(config, section + "rope_theta", "a number above 0", theta);
    }
    return theta;
  }

  /** The angles of the language model's tokens, by time, height and width. */
  public RotaryEmbedding embedding(int headSize) {
    return RotaryFrequencies.interleaved(inverseFrequencies(headSize), mropeSection, scale());
  }

  /** Radians per position: {@code [headSize / 2]}. */
  float[] inverseFrequencies(int headSize) {
    return yarn == null
        ? RotaryFrequencies.inverse(theta, headSize)
        : yarn.inverseFrequencies(theta, headSize);
  }

  /** What cosines and sines are multiplied with. */
  float scale() {
    return yarn == null ? 1 : (float) yarn.attentionFactor();
  }
}
