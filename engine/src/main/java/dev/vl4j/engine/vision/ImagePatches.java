package dev.vl4j.engine.vision;

/**
 * What the vision tower reads of one still image.
 *
 * <p>The model's patches span several frames, and a still image repeats its one frame in all of
 * them. It is here once; the weights that read it are the sums over all frames.
 *
 * @param values {@code [gridHeight * gridWidth][3][patchSize][patchSize]}, normalised samples of
 *     one frame; the patches of one merge block are neighbours, blocks are row-major
 * @param gridHeight patches from top to bottom, a multiple of the merge size
 * @param gridWidth patches from left to right, a multiple of the merge size
 */
@SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
public record ImagePatches(float[] values, int gridHeight, int gridWidth) {
  /** How many patches there are, before merging. */
  public int count() {
    return gridHeight * gridWidth;
  }
}
