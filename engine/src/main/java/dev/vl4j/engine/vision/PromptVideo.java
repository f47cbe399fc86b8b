package dev.vl4j.engine.vision;

import java.util.List;

/**
 * A video of a request. Two frames make one picture for the vision tower, a slice, and the prompt
 * says before each slice when it is.
 *
 * @param slices all of one size
 * @param timestamps of the slices in seconds, as the prompt writes them
 */
public record PromptVideo(List<PromptImage> slices, List<String> timestamps) {
  /** Copies both lists. */
  public PromptVideo {
    slices = List.copyOf(slices);
    timestamps = List.copyOf(timestamps);
  }

  /** Tokens that each slice takes in a prompt. */
  public int tokensPerSlice() {
    return slices.getFirst().tokens();
  }
}
