package dev.vl4j.engine.batch;

import dev.vl4j.engine.vision.PromptImage;
import java.util.Arrays;
import java.util.List;

/**
 * A tokenized prompt with its images.
 *
 * @param ids [tokens], placeholders repeated
 * @param imageStarts [images], each image's first placeholder, ascending
 * @param images in the order of their placeholders
 */
@SuppressWarnings("ArrayRecordComponent") // handed through, never compared
public record PreparedPrompt(int[] ids, int[] imageStarts, List<PromptImage> images) {
  public int length() {
    return ids.length;
  }

  /**
   * How far this prompt and another are the same, tokens and images.
   *
   * @param from up to where they are known to be
   * @param to where to stop looking, at most the shorter one's length
   * @return between {@code from} and {@code to}; never inside of an image that differs
   */
  int commonPrefix(PreparedPrompt other, int from, int to) {
    int mismatch = Arrays.mismatch(ids, from, to, other.ids, from, to);
    int common = mismatch < 0 ? to : from + mismatch;
    int mine = firstImage(from);
    int theirs = other.firstImage(from);
    // Placeholders are tokens, so up to the first difference both have images at the same places.
    for (; mine < imageStarts.length && imageStarts[mine] < common; mine++, theirs++) {
      if (!images.get(mine).key().equals(other.images.get(theirs).key())) {
        return imageStarts[mine];
      }
    }
    return common;
  }

  /** The first {@code to} tokens, which end no image in the middle. */
  PreparedPrompt first(int to) {
    int count = firstImage(to);
    return new PreparedPrompt(
        Arrays.copyOf(ids, to),
        Arrays.copyOf(imageStarts, count),
        List.copyOf(images.subList(0, count)));
  }

  /** Index of the first image that starts at a token or after it. */
  public int firstImage(int token) {
    int found = Arrays.binarySearch(imageStarts, token);
    return found < 0 ? -found - 1 : found;
  }
}
