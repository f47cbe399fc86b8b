package dev.vl4j.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** Where the frames of a video come from. */
public sealed interface VideoSource {
  /** What error messages call this video. */
  String name();

  /**
   * Frames that were taken from a video already, in the order of time. All have one size.
   *
   * @param frames at least one; copied
   * @param framesPerSecond the rate at which they were taken, which the times in the prompt are
   *     made of; 0 for the rules' own: 2, or 24 by those of transformers
   * @param name what error messages call the video
   */
  record Frames(List<ImageSource> frames, double framesPerSecond, String name)
      implements VideoSource {
    /**
     * @throws IllegalArgumentException if there is no frame, or the rate is negative or no number
     * @throws NullPointerException if the list, one of the frames or the name is null
     */
    public Frames {
      frames = Arguments.copyOf("frames", frames);
      if (frames.isEmpty()) {
        throw new IllegalArgumentException("frames: expected at least one");
      }
      if (!(framesPerSecond >= 0) || Double.isInfinite(framesPerSecond)) {
        throw new IllegalArgumentException(
            "framesPerSecond: expected at least 0, found " + framesPerSecond);
      }
      Objects.requireNonNull(name, "name");
    }
  }

  /**
   * A video file, called by its path. The library {@code vl4j-ffmpeg} has to be there to decode it.
   *
   * @param path read when the request runs
   */
  record File(Path path) implements VideoSource {
    /**
     * @throws NullPointerException if the path is null
     */
    public File {
      Objects.requireNonNull(path, "path");
    }

    @Override
    public String name() {
      return path.toString();
    }
  }

  /**
   * The bytes of a video file. The library {@code vl4j-ffmpeg} has to be there to decode it.
   *
   * @param bytes not copied: they must not change until the request has ended
   * @param name what error messages call the video
   */
  record Encoded(byte[] bytes, String name) implements VideoSource {
    /**
     * @throws NullPointerException if there are no bytes, or no name
     */
    public Encoded {
      Objects.requireNonNull(bytes, "bytes");
      Objects.requireNonNull(name, "name");
    }
  }
}
