package dev.vl4j.engine.model;

import dev.vl4j.kernels.Segment;
import java.util.List;

/**
 * Prompts packed one after another for the text tower.
 *
 * @param ids [tokens]
 * @param positions [3][tokens]: time, height, width
 * @param segments one causal root for each prompt
 * @param images where visual tokens replace placeholders
 */
public record TextBatch(
    int[] ids, int[][] positions, List<Segment> segments, List<PlacedImage> images) {
  /**
   * One image's run of placeholders.
   *
   * @param features pack that holds the image
   * @param from the image's first row in the pack
   * @param to the first placeholder's row in the batch
   * @param tokens length of the run
   */
  public record PlacedImage(VisualFeatures features, int from, int to, int tokens) {}

  /** The row of each prompt that the score is read from: its last. */
  int[] scoredRows() {
    return segments.stream().mapToInt(s -> s.start() + s.length() - 1).toArray();
  }
}
