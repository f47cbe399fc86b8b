package dev.vl4j.engine.model.tower;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Segment;
import java.util.ArrayList;
import java.util.List;

/**
 * Tokens packed one after another for the text tower, and what was computed earlier of those that
 * they follow.
 *
 * @param ids [tokens]
 * @param positions [3][tokens]: time, height, width
 * @param segments stored ones of earlier forwards, and causal ones that cover the tokens in their
 *     order
 * @param images where visual tokens replace placeholders
 * @param scored tokens that are read in the end, each the last of a segment, ascending
 */
@SuppressWarnings("ArrayRecordComponent") // handed through, never compared
public record TextBatch(
    int[] ids, int[][] positions, List<Segment> segments, List<PlacedImage> images, int[] scored) {
  /**
   * One image's run of placeholders.
   *
   * @param features the image's visual tokens
   * @param to the first placeholder's token in the batch
   */
  public record PlacedImage(VisualFeatures features, int to) {}

  /**
   * Whole prompts, each read at its last token.
   *
   * @param lengths of the prompts
   */
  public static TextBatch ofPrompts(
      Forward forward,
      AttentionShape shape,
      int[] ids,
      int[][] positions,
      int[] lengths,
      List<PlacedImage> images) {
    KeyValues keyValues = forward.keyValues(shape, ids.length);
    List<Segment> segments = new ArrayList<>();
    int[] last = new int[lengths.length];
    int start = 0;
    for (int i = 0; i < lengths.length; i++) {
      segments.add(Segment.computed(keyValues, start, lengths[i], Segment.ROOT, true));
      start += lengths[i];
      last[i] = start - 1;
    }
    return new TextBatch(ids, positions, segments, images, last);
  }
}
