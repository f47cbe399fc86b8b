package dev.vl4j.engine;

/**
 * Which frames of a video the model sees. What is left at its default is as the {@link VideoRules}
 * have it.
 *
 * @param framesPerSecond how many frames of a second are taken; 0 for the rules' own; no matter to
 *     lists of frames, which are all taken
 * @param maxFrames of the whole video, at least 2; 0 for the rules' own
 * @param startSeconds where to begin in a file, 0 for its beginning; no matter to lists of frames
 * @param endSeconds where to end in a file, infinite for its end; no matter to lists of frames
 */
public record VideoSampling(
    double framesPerSecond, int maxFrames, double startSeconds, double endSeconds) {
  /** The whole video, by the rules. */
  public static final VideoSampling DEFAULT = new VideoSampling(0, 0, 0, Double.POSITIVE_INFINITY);

  /**
   * @throws IllegalArgumentException if a number is negative or none, there is one frame at most,
   *     or the end is not after the start
   */
  public VideoSampling {
    if (!(framesPerSecond >= 0) || Double.isInfinite(framesPerSecond)) {
      throw new IllegalArgumentException(
          "framesPerSecond: expected at least 0, found " + framesPerSecond);
    }
    if (maxFrames != 0) {
      Arguments.requireAtLeast("maxFrames", maxFrames, 2);
    }
    if (!(startSeconds >= 0) || Double.isInfinite(startSeconds)) {
      throw new IllegalArgumentException(
          "startSeconds: expected at least 0, found " + startSeconds);
    }
    if (!(endSeconds > startSeconds)) {
      throw new IllegalArgumentException(
          "endSeconds: expected more than the start of %s, found %s"
              .formatted(startSeconds, endSeconds));
    }
  }

  /** The same with another rate; 0, the default, for the rules' own. */
  public VideoSampling withFramesPerSecond(double framesPerSecond) {
    return new VideoSampling(framesPerSecond, maxFrames, startSeconds, endSeconds);
  }

  /** The same with other most frames; 0, the default, for the rules' own. */
  public VideoSampling withMaxFrames(int maxFrames) {
    return new VideoSampling(framesPerSecond, maxFrames, startSeconds, endSeconds);
  }

  /** The same of a part of the file. */
  public VideoSampling withSeconds(double start, double end) {
    return new VideoSampling(framesPerSecond, maxFrames, start, end);
  }
}
