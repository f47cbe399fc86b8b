package dev.vl4j.engine.model;

import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.vision.ImagePreprocessor;
import dev.vl4j.loader.JsonFile;

/** Reads {@code preprocessor_config.json}. */
final class ImageSettings {
  private static final double RESCALE = 1 / 255.0;
  private static final int BICUBIC = 3;

  private ImageSettings() {}

  /**
   * The preprocessor that the file describes. {@code min_pixels} and {@code max_pixels} override
   * {@code size}, and a budget overrides both.
   *
   * @throws ModelException if the file asks for something else than the vision tower was made for
   */
  static ImagePreprocessor preprocessor(
      JsonFile file, Qwen3VlConfig.Vision config, PixelBudget budget) {
    agree(file, "patch_size", config.patchSize());
    agree(file, "temporal_patch_size", config.temporalPatchSize());
    agree(file, "merge_size", config.mergeSize());
    agree(file, "resample", BICUBIC);
    for (String step : new String[] {"do_resize", "do_rescale", "do_normalize"}) {
      Boolean done = file.optBoolean(step);
      if (done != null && !done) {
        throw new ModelException(file.path() + ": " + step + ": expected true, found false");
      }
    }
    double rescale = file.optDouble("rescale_factor").orElse(RESCALE);
    if (Math.abs(rescale - RESCALE) > 1e-9) {
      throw new ModelException(
          "%s: rescale_factor: expected 1/255, found %s".formatted(file.path(), rescale));
    }
    int min = area(file, budget.minPixels(), "min_pixels", "size.shortest_edge");
    int max = area(file, budget.maxPixels(), "max_pixels", "size.longest_edge");
    if (min < 0 || max < 1 || min > max) {
      throw new ModelException(
          "%s: no area lies between min_pixels %d and max_pixels %d"
              .formatted(file.path(), min, max));
    }
    return new ImagePreprocessor(
        config.patchSize(),
        config.mergeSize(),
        colours(file, "image_mean", false),
        colours(file, "image_std", true),
        min,
        max);
  }

  private static int area(JsonFile file, int budget, String field, String size) {
    if (budget != 0) {
      return budget;
    }
    return file.optInt(field).orElseGet(() -> file.requireInt(size));
  }

  private static void agree(JsonFile file, String field, int expected) {
    int found = file.optInt(field).orElse(expected);
    if (found != expected) {
      throw new ModelException(
          "%s: %s: expected %d, found %d".formatted(file.path(), field, expected, found));
    }
  }

  private static float[] colours(JsonFile file, String field, boolean positive) {
    double[] values = file.requireDoubles(field);
    float[] colours = new float[values.length];
    boolean usable = values.length == 3;
    for (int i = 0; i < values.length; i++) {
      colours[i] = (float) values[i];
      usable &= Double.isFinite(values[i]) && (!positive || colours[i] > 0);
    }
    if (!usable) {
      throw new ModelException(
          "%s: %s: expected three numbers%s"
              .formatted(file.path(), field, positive ? " above 0" : ""));
    }
    return colours;
  }
}
