package dev.vl4j.engine.model.config;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.VideoRules;
import dev.vl4j.engine.vision.ImagePreprocessor;
import dev.vl4j.engine.vision.VideoSettings;
import dev.vl4j.loader.JsonFile;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads the settings of an image processor: {@code preprocessor_config.json}, or a section of
 * {@code processor_config.json}; and those of a video processor, {@code
 * video_preprocessor_config.json}. What a file leaves out is what {@code Qwen2VLImageProcessor} and
 * {@code Qwen3VLVideoProcessor} in transformers 5.18 have for it.
 */
public final class ImageSettings {
  private static final System.Logger LOG = System.getLogger(ImageSettings.class.getName());

  private static final double RESCALE = 1 / 255.0;
  private static final int BICUBIC = 3;
  private static final int MIN_PIXELS = 56 * 56;
  private static final int MAX_PIXELS = 28 * 28 * 1280;
  private static final double[] MEAN = {0.48145466, 0.4578275, 0.40821073};
  private static final double[] DEVIATION = {0.26862954, 0.26130258, 0.27577711};

  /** What the file of the published Qwen3-VL rerankers says. */
  private static final int PUBLISHED_MIN_PIXELS = 4096;

  private static final int PUBLISHED_MAX_PIXELS = 1_310_720;
  private static final float PUBLISHED_MEAN_AND_DEVIATION = 0.5f;

  private static final int VIDEO_MIN_PIXELS = 128 * 32 * 32;
  private static final int VIDEO_MAX_PIXELS = 768 * 32 * 32;
  private static final double VIDEO_FRAMES_PER_SECOND = 2;
  private static final int VIDEO_MIN_FRAMES = 4;
  private static final int VIDEO_MAX_FRAMES = 768;
  private static final double[] VIDEO_MEAN_AND_DEVIATION = {0.5, 0.5, 0.5};

  private ImageSettings() {}

  /**
   * How a model's videos become patches.
   *
   * @param settings of the model's video processor, if there are any
   * @throws ModelException if they ask for something else than the vision tower was made for
   */
  public static VideoSettings videos(
      Optional<JsonFile> settings, VisionConfig config, VideoRules rules) {
    return settings
        .map(file -> videos(file, config, rules))
        .orElseGet(() ->
            new VideoSettings(
                rules,
                config.patchSize(),
                config.mergeSize(),
                floats(VIDEO_MEAN_AND_DEVIATION),
                floats(VIDEO_MEAN_AND_DEVIATION),
                VIDEO_FRAMES_PER_SECOND,
                VIDEO_MIN_FRAMES,
                VIDEO_MAX_FRAMES,
                VIDEO_MIN_PIXELS,
                VIDEO_MAX_PIXELS));
  }

  private static VideoSettings videos(JsonFile file, VisionConfig config, VideoRules rules) {
    requireSame(file, config);
    int min = area(file, 0, "min_pixels", "shortest_edge", VIDEO_MIN_PIXELS);
    int max = area(file, 0, "max_pixels", "longest_edge", VIDEO_MAX_PIXELS);
    requireOrder(file, min, max);
    double rate = file.optDouble("fps").orElse(VIDEO_FRAMES_PER_SECOND);
    int least = file.optInt("min_frames").orElse(VIDEO_MIN_FRAMES);
    int most = file.optInt("max_frames").orElse(VIDEO_MAX_FRAMES);
    if (!(rate > 0)) {
      throw ConfigRefusal.of(file, "fps", "more than 0", rate);
    }
    if (least < 1 || least > most) {
      throw ConfigRefusal.of(file, "min_frames", "1 to max_frames, " + most, least);
    }
    return new VideoSettings(
        rules,
        config.patchSize(),
        config.mergeSize(),
        colours(file, "image_mean", VIDEO_MEAN_AND_DEVIATION, false),
        colours(file, "image_std", VIDEO_MEAN_AND_DEVIATION, true),
        rate,
        least,
        most,
        min,
        max);
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /**
   * The preprocessor for a model's images.
   *
   * @param settings of the model's image processor, if there are any
   * @throws ModelException if they ask for something else than the vision tower was made for
   */
  public static ImagePreprocessor preprocessor(
      Optional<JsonFile> settings, VisionConfig config, PixelBudget budget, ImageRules rules) {
    return settings.isPresent()
        ? preprocessor(settings.get(), config, budget, rules)
        : published(config, budget, rules);
  }

  /**
   * The preprocessor that the file describes. {@code min_pixels} and {@code max_pixels} override
   * {@code size}, and a budget overrides both.
   *
   * @throws ModelException if the file asks for something else than the vision tower was made for
   */
  private static ImagePreprocessor preprocessor(
      JsonFile file, VisionConfig config, PixelBudget budget, ImageRules rules) {
    requireSame(file, config);
    int min = area(file, budget.minPixels(), "min_pixels", "shortest_edge", MIN_PIXELS);
    int max = area(file, budget.maxPixels(), "max_pixels", "longest_edge", MAX_PIXELS);
    requireOrder(file, min, max);
    return new ImagePreprocessor(
        config.patchSize(),
        config.mergeSize(),
        colours(file, "image_mean", MEAN, false),
        colours(file, "image_std", DEVIATION, true),
        min,
        max,
        rules);
  }

  private static void requireSame(JsonFile file, VisionConfig config) {
    agree(file, "patch_size", config.patchSize());
    agree(file, "temporal_patch_size", config.temporalPatchSize());
    agree(file, "merge_size", config.mergeSize());
    agree(file, "resample", BICUBIC);
    for (String step : new String[] {"do_resize", "do_rescale", "do_normalize"}) {
      Boolean done = file.optBoolean(step);
      if (done != null && !done) {
        throw ConfigRefusal.of(file, step, "true", false);
      }
    }
    double rescale = file.optDouble("rescale_factor").orElse(RESCALE);
    if (Math.abs(rescale - RESCALE) > 1e-9) {
      throw ConfigRefusal.of(file, "rescale_factor", "1/255", rescale);
    }
  }

  private static void requireOrder(JsonFile file, int min, int max) {
    if (min < 0 || max < 1 || min > max) {
      throw new ModelException(
          "%s: no area lies between min_pixels %d and max_pixels %d"
              .formatted(file.path(), min, max));
    }
  }

  /**
   * The preprocessor for a model without such a file, as early snapshots of the published rerankers
   * may be: their own settings, which is reported.
   */
  private static ImagePreprocessor published(
      VisionConfig config, PixelBudget budget, ImageRules rules) {
    LOG.log(
        System.Logger.Level.WARNING,
        "no settings of an image processor: images are prepared as for the published"
            + " Qwen3-VL-Reranker");
    float[] halves = new float[3];
    Arrays.fill(halves, PUBLISHED_MEAN_AND_DEVIATION);
    return new ImagePreprocessor(
        config.patchSize(),
        config.mergeSize(),
        halves,
        halves.clone(),
        budget.minPixels() == 0 ? PUBLISHED_MIN_PIXELS : budget.minPixels(),
        budget.maxPixels() == 0 ? PUBLISHED_MAX_PIXELS : budget.maxPixels(),
        rules);
  }

  private static int area(JsonFile file, int budget, String field, String edge, int absent) {
    if (budget != 0) {
      return budget;
    }
    // A size is given whole; only where there is none does the default stand in.
    return file.optInt(field)
        .orElseGet(() -> file.has("size") ? file.requireInt("size." + edge) : absent);
  }

  private static void agree(JsonFile file, String field, int expected) {
    int found = file.optInt(field).orElse(expected);
    if (found != expected) {
      throw ConfigRefusal.of(file, field, String.valueOf(expected), found);
    }
  }

  private static float[] colours(JsonFile file, String field, double[] absent, boolean positive) {
    double[] given = file.optDoubles(field);
    double[] values = given == null ? absent : given;
    float[] colours = floats(values);
    boolean usable = values.length == 3;
    for (int i = 0; i < values.length; i++) {
      usable &= Double.isFinite(values[i]) && (!positive || colours[i] > 0);
    }
    if (!usable) {
      throw ConfigRefusal.of(
          file, field, "three numbers" + (positive ? " above 0" : ""), Arrays.toString(values));
    }
    return colours;
  }
}
