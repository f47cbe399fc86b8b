package dev.vl4j.engine.vision;

import dev.vl4j.engine.VideoRules;

/**
 * How videos become patches. What is said of sampling and sizes is for the rules of transformers
 * and vLLM; Qwen's own scripts have numbers of their own.
 *
 * @param rules which frames are seen, and in what sizes
 * @param patchSize side of a patch, in pixels
 * @param mergeSize side of the block of patches that becomes one token
 * @param mean of red, green and blue, on a scale of 0 to 1
 * @param std likewise
 * @param framesPerSecond that are taken
 * @param minFrames of a video
 * @param maxFrames of a video
 * @param minPixels smallest area of all frames together
 * @param maxPixels largest area of all frames together
 */
@SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
public record VideoSettings(
    VideoRules rules,
    int patchSize,
    int mergeSize,
    float[] mean,
    float[] std,
    double framesPerSecond,
    int minFrames,
    int maxFrames,
    int minPixels,
    int maxPixels) {
  /** Frames of one patch. */
  public static final int PATCH_FRAMES = 2;

  /** What both sides of a frame are multiples of, in pixels. */
  int factor() {
    return patchSize * mergeSize;
  }
}
