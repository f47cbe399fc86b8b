package dev.vl4j.engine;

/**
 * The area an image is resized into.
 *
 * @param minPixels smallest area; 0 for the checkpoint's own
 * @param maxPixels largest area; 0 for the checkpoint's own
 */
public record PixelBudget(int minPixels, int maxPixels) {
  /** What {@code preprocessor_config.json} says: as vLLM and the Hugging Face processor do. */
  public static final PixelBudget CHECKPOINT = new PixelBudget(0, 0);

  /** What Qwen's own scripts use: 4 to 1800 tokens of 32 x 32 pixels. */
  public static final PixelBudget OFFICIAL_SCRIPT = new PixelBudget(4 * 32 * 32, 1800 * 32 * 32);

  public static PixelBudget max(int maxPixels) {
    return new PixelBudget(0, maxPixels);
  }
}
