package dev.vl4j.engine.vision;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.VideoRules;

/** The sizes that frames of videos are resized to, by the rules that there are. */
final class FrameSizes {
  // qwen-vl-utils' numbers, in tokens.
  private static final int LEAST_FRAME_TOKENS = 128;
  private static final int MOST_FRAME_TOKENS = 768;
  private static final int LEAST_IMAGE_TOKENS = 4;
  private static final int MOST_IMAGE_TOKENS = 16_384;
  private static final double MOST_FILE_TOKENS = 128_000 * 0.9;

  /** What Qwen's own scripts allow a list of frames, in tokens. */
  private static final double MOST_LIST_TOKENS = 10 * MOST_FRAME_TOKENS;

  private FrameSizes() {}

  /**
   * The size of the frames of a video.
   *
   * @param frames that are seen, before the last may be repeated
   * @param height of a frame in pixels
   * @param width likewise
   * @param isList whether they were given one by one
   * @throws InvalidRequestException if one side is more than 200 times the other
   */
  static SmartResize.Size of(
      VideoSettings settings, int frames, int height, int width, boolean isList) {
    return settings.rules() == VideoRules.OFFICIAL
        ? official(
            settings.factor(), frames + frames % VideoSettings.PATCH_FRAMES, height, width, isList)
        : transformers(settings, frames, height, width);
  }

  /** The size that qwen-vl-utils gives each frame of a list before it looks at them together. */
  static SmartResize.Size listed(int factor, int height, int width) {
    double token = (double) factor * factor;
    return utils(height, width, factor, LEAST_IMAGE_TOKENS * token, MOST_IMAGE_TOKENS * token);
  }

  private static SmartResize.Size official(
      int factor, int frames, int height, int width, boolean isList) {
    double token = (double) factor * factor;
    double least = LEAST_FRAME_TOKENS * token;
    double all = (isList ? MOST_LIST_TOKENS : MOST_FILE_TOKENS) * token;
    double share = all / frames * VideoSettings.PATCH_FRAMES;
    double most = Math.max(Math.min(MOST_FRAME_TOKENS * token, share), (int) (least * 1.05));
    return utils(height, width, factor, least, most);
  }

  /** {@code smart_resize} of qwen-vl-utils, where each side is one factor at least. */
  private static SmartResize.Size utils(
      int height, int width, int factor, double least, double most) {
    requireWideEnough(height, width);
    double targetHeight = Math.max(factor, Math.rint((double) height / factor) * factor);
    double targetWidth = Math.max(factor, Math.rint((double) width / factor) * factor);
    return SmartResize.fitted(height, width, factor, 1, targetHeight, targetWidth, 1, least, most);
  }

  /** {@code smart_resize} of transformers' video processor, over all frames together. */
  private static SmartResize.Size transformers(
      VideoSettings settings, int frames, int height, int width) {
    int factor = settings.factor();
    int scaledHeight = height;
    int scaledWidth = width;
    if (height < factor || width < factor) {
      double scale = Math.max((double) factor / height, (double) factor / width);
      scaledHeight = (int) (height * scale);
      scaledWidth = (int) (width * scale);
    }
    requireWideEnough(scaledHeight, scaledWidth);
    double targetHeight = Math.rint((double) scaledHeight / factor) * factor;
    double targetWidth = Math.rint((double) scaledWidth / factor) * factor;
    double shown =
        Math.rint((double) frames / VideoSettings.PATCH_FRAMES) * VideoSettings.PATCH_FRAMES;
    return SmartResize.fitted(
        scaledHeight,
        scaledWidth,
        factor,
        frames,
        targetHeight,
        targetWidth,
        shown,
        settings.minPixels(),
        settings.maxPixels());
  }

  private static void requireWideEnough(int height, int width) {
    SmartResize.requireWideEnough("frames of %d x %d pixels are", height, width);
  }
}
