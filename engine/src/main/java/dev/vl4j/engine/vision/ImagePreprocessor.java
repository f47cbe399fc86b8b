package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.media.MediaLibraries;

/**
 * From an encoded image to the patches that the vision tower reads.
 *
 * <p>Every value is bitwise that of Hugging Face's {@code Qwen2VLImageProcessorPil}: rescaled in
 * double precision, rounded to float, then normalized in float. Theirs is repeated for each frame
 * of a patch; here a still image is one frame.
 */
public final class ImagePreprocessor {
  private static final double RESCALE = 0.00392156862745098; // as HF's configurations write 1/255
  private static final int CHANNELS = 3;

  private final int patchSize;
  private final int mergeSize;
  private final int minPixels;
  private final int maxPixels;
  private final ImageRules rules;
  private final float[][] normalized = new float[CHANNELS][256]; // by sample

  /**
   * @param patchSize side of a patch, in pixels
   * @param mergeSize side of the block of patches that becomes one token
   * @param mean of red, green and blue, on a scale of 0 to 1
   * @param std likewise
   * @param minPixels smallest area after resizing
   * @param maxPixels largest area after resizing
   * @param rules what becomes of transparency and orientation
   */
  public ImagePreprocessor(
      int patchSize,
      int mergeSize,
      float[] mean,
      float[] std,
      int minPixels,
      int maxPixels,
      ImageRules rules) {
    if (patchSize < 1 || mergeSize < 1) {
      throw new IllegalArgumentException("patch and merge sizes are at least 1");
    }
    if (mean.length != CHANNELS || std.length != CHANNELS) {
      throw new IllegalArgumentException("mean and std have one value per colour");
    }
    if (minPixels < 0 || maxPixels < 1 || minPixels > maxPixels) {
      throw new IllegalArgumentException(
          "no area is between " + minPixels + " and " + maxPixels + " pixels");
    }
    this.patchSize = patchSize;
    this.mergeSize = mergeSize;
    this.minPixels = minPixels;
    this.maxPixels = maxPixels;
    this.rules = rules;
    for (int c = 0; c < CHANNELS; c++) {
      for (int sample = 0; sample < 256; sample++) {
        normalized[c][sample] = ((float) (sample * RESCALE) - mean[c]) / std[c];
      }
    }
  }

  /**
   * Decodes, resizes and normalizes an image.
   *
   * @throws InvalidRequestException if it cannot be read, is too large or too narrow
   */
  public ImagePatches.Samples preprocess(ImageSource source) {
    return patches(resize(source, WorkGuard.UNBOUNDED).image());
  }

  /** Side of a patch, in pixels. */
  int patchSize() {
    return patchSize;
  }

  /** Side of the block of patches that becomes one token. */
  int mergeSize() {
    return mergeSize;
  }

  /**
   * Decodes and resizes an image, or draws a page. The samples of the result stay reserved in the
   * guard.
   *
   * @throws InvalidRequestException if it cannot be read, is too large or too narrow
   * @throws OverloadedException if there is no memory for it now
   */
  ImageDecoder.Resized resize(ImageSource source, WorkGuard guard) {
    return source instanceof ImageSource.Page page
        ? PageReader.draw(page, this::targetSize, MediaLibraries.pageRenderer(), guard)
        : ImageDecoder.decode(source, rules, this::targetSize, guard);
  }

  private SmartResize.Size targetSize(int height, int width) {
    return SmartResize.size(height, width, patchSize * mergeSize, minPixels, maxPixels, rules);
  }

  /** Cuts a resized image into patches. */
  ImagePatches.Samples patches(RgbImage image) {
    return Patches.of(image, patchSize, mergeSize, normalized);
  }
}
