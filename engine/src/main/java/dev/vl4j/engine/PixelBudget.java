package dev.vl4j.engine;

/**
 * The area that an image is resized into, in pixels.
 *
 * @param minPixels smallest area; 0 for the checkpoint's own
 * @param maxPixels largest area; 0 for the checkpoint's own
 */
public record PixelBudget(int minPixels, int maxPixels) {
  /** What {@code preprocessor_config.json} says, as vLLM and Hugging Face's processor have it. */
  public static final PixelBudget CHECKPOINT = new PixelBudget(0, 0);

  /** What Qwen's own scripts use: 4 to 1800 tokens of 32 x 32 pixels. */
  public static final PixelBudget OFFICIAL_SCRIPT = new PixelBudget(4 * 32 * 32, 1800 * 32 * 32);

  /**
   * @throws IllegalArgumentException if an area is negative, or the smallest is larger than the
   *     largest
   */
  public PixelBudget {
    Arguments.requireAtLeast("minPixels", minPixels, 0);
    Arguments.requireAtLeast("maxPixels", maxPixels, maxPixels == 0 ? 0 : minPixels);
  }

  /** The checkpoint's own smallest area, and another largest one. */
  public static PixelBudget atMost(int maxPixels) {
    return new PixelBudget(0, maxPixels);
  }
}
