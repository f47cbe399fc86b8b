package dev.vl4j.engine.prompt;

import java.util.List;
import java.util.stream.IntStream;

/**
 * How much room the images and videos of a prompt take in it.
 *
 * @param images {@code [images]}, tokens of each, in the order of the prompt
 * @param videos in the order of the prompt
 */
@SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
public record VisualTokens(int[] images, List<Video> videos) {
  /**
   * A video, each of whose slices stands behind its time.
   *
   * @param timestamps of the slices, in seconds
   * @param tokensPerSlice the same for all
   * @param apart whether times are encoded on their own, as vLLM does it; else they are text like
   *     any other, which may share tokens with what stands before it, as in transformers
   */
  public record Video(List<String> timestamps, int tokensPerSlice, boolean apart) {
    /** Copies the timestamps. */
    public Video {
      timestamps = List.copyOf(timestamps);
    }
  }

  /** Of images alone. */
  static VisualTokens ofImages(int[] images) {
    return new VisualTokens(images, List.of());
  }

  /** How many placeholders there are, each repeated as often as it takes tokens. */
  int places() {
    return images.length + slices();
  }

  int slices() {
    return videos.stream().mapToInt(video -> video.timestamps.size()).sum();
  }

  /** Tokens of all images and slices. */
  long sum() {
    long slices =
        videos.stream()
            .mapToLong(video -> (long) video.timestamps.size() * video.tokensPerSlice)
            .sum();
    return IntStream.of(images).asLongStream().sum() + slices;
  }
}
