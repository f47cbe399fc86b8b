package dev.vl4j.engine.model;

import dev.vl4j.kernels.Segment;
import java.util.List;

/**
 * Tokens packed one after another for the text tower, and what was computed earlier of those that
 * they follow.
 *
 * @param ids [tokens]
 * @param positions [3][tokens]: time, height, width
 * @param context tokens of earlier forwards, in the order of their rows
 * @param segments causal ones over the rows of the context, which do not attend, and those of the
 *     tokens after them
 * @param images where visual tokens replace placeholders
 * @param kept which tokens' keys and values later forwards want
 * @param scored tokens that are read in the end, ascending
 */
public record TextBatch(
    int[] ids,
    int[][] positions,
    List<KeyValues> context,
    List<Segment> segments,
    List<PlacedImage> images,
    List<KeptRun> kept,
    int[] scored) {
  /**
   * One image's run of placeholders.
   *
   * @param features the image's visual tokens
   * @param to the first placeholder's token in the batch
   */
  public record PlacedImage(VisualFeatures features, int to) {}

  /**
   * A run of tokens whose keys and values are to be written somewhere.
   *
   * @param from the run's first token in the batch
   */
  record KeptRun(KeyValues room, int from) {}

  /** Whole prompts, each read at its last token. */
  public static TextBatch ofPrompts(
      int[] ids, int[][] positions, List<Segment> segments, List<PlacedImage> images) {
    int[] last = segments.stream().mapToInt(s -> s.start() + s.length() - 1).toArray();
    return new TextBatch(ids, positions, List.of(), segments, images, List.of(), last);
  }

  /** Rows before those of the tokens. */
  int contextRows() {
    return context.stream().mapToInt(KeyValues::tokens).sum();
  }
}
