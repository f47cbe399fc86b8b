package dev.vl4j.engine.vision;

import dev.vl4j.engine.InvalidRequestException;

/** The size an image is resized to: {@code smart_resize} of Hugging Face's Qwen2-VL processor. */
public final class SmartResize {
  private static final int MAX_ASPECT_RATIO = 200;

  private SmartResize() {}

  /** Height and width in pixels, both multiples of the factor. */
  public record Size(int height, int width) {}

  /**
   * The size nearest to the given one whose sides are multiples of {@code factor} and whose area is
   * within the budget; the aspect ratio is kept as far as that allows.
   *
   * @param height of the image, in pixels, at least 1
   * @param width of the image, in pixels, at least 1
   * @param factor patch size times merge size
   * @param minPixels smallest area
   * @param maxPixels largest area
   * @throws InvalidRequestException if one side is more than 200 times the other
   */
  public static Size size(int height, int width, int factor, int minPixels, int maxPixels) {
    if ((double) Math.max(height, width) / Math.min(height, width) > MAX_ASPECT_RATIO) {
      throw new InvalidRequestException(
          "an image of %d x %d pixels is too narrow: one side is more than %d times the other"
              .formatted(width, height, MAX_ASPECT_RATIO));
    }
    // Python rounds halves to even; Math.round would not.
    double targetHeight = Math.rint((double) height / factor) * factor;
    double targetWidth = Math.rint((double) width / factor) * factor;
    double area = (double) height * width;
    if (targetHeight * targetWidth > maxPixels) {
      double beta = Math.sqrt(area / maxPixels);
      targetHeight = Math.max(factor, Math.floor(height / beta / factor) * factor);
      targetWidth = Math.max(factor, Math.floor(width / beta / factor) * factor);
    } else if (targetHeight * targetWidth < minPixels) {
      double beta = Math.sqrt(minPixels / area);
      targetHeight = Math.ceil(height * beta / factor) * factor;
      targetWidth = Math.ceil(width * beta / factor) * factor;
    }
    return new Size((int) targetHeight, (int) targetWidth);
  }
}
