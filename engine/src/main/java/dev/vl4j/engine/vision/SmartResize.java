package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.InvalidRequestException;

/**
 * The size an image is resized to: {@code smart_resize} of qwen-vl-utils, or of Hugging Face's
 * Qwen2-VL processor.
 */
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
   * @param rules whose of the two: they differ in strips that are thinner than half a factor
   * @throws InvalidRequestException if one side is more than 200 times the other
   */
  public static Size size(
      int height, int width, int factor, int minPixels, int maxPixels, ImageRules rules) {
    requireWideEnough("an image of %d x %d pixels is", height, width);
    int least =
        switch (rules) {
          case OFFICIAL -> factor;
          // A strip's area counts as none, so it is widened.
          case VLLM -> 0;
        };
    // Python rounds halves to even; Math.round would not.
    double targetHeight = Math.max(least, Math.rint((double) height / factor) * factor);
    double targetWidth = Math.max(least, Math.rint((double) width / factor) * factor);
    return fitted(height, width, factor, 1, targetHeight, targetWidth, 1, minPixels, maxPixels);
  }

  /**
   * Shrinks or widens a size into a budget, or takes the size that was aimed at.
   *
   * @param frames of the size as it is
   * @param targetHeight aimed at, in pixels
   * @param targetWidth likewise
   * @param targetFrames of the size that was aimed at
   * @param least smallest volume, in pixels of all frames
   * @param most largest volume
   */
  static Size fitted(
      int height,
      int width,
      int factor,
      double frames,
      double targetHeight,
      double targetWidth,
      double targetFrames,
      double least,
      double most) {
    double volume = frames * height * width;
    double target = targetFrames * targetHeight * targetWidth;
    if (target > most) {
      double beta = Math.sqrt(volume / most);
      return new Size(
          (int) Math.max(factor, Math.floor(height / beta / factor) * factor),
          (int) Math.max(factor, Math.floor(width / beta / factor) * factor));
    }
    if (target < least) {
      double beta = Math.sqrt(least / volume);
      return new Size(
          (int) (Math.ceil(height * beta / factor) * factor),
          (int) (Math.ceil(width * beta / factor) * factor));
    }
    return new Size((int) targetHeight, (int) targetWidth);
  }

  /**
   * @param what is so narrow, in the words of the message
   */
  static void requireWideEnough(String what, int height, int width) {
    if ((double) Math.max(height, width) / Math.min(height, width) > MAX_ASPECT_RATIO) {
      throw new InvalidRequestException(
          "%s too narrow: one side is more than %d times the other"
              .formatted(what.formatted(width, height), MAX_ASPECT_RATIO));
    }
  }
}
