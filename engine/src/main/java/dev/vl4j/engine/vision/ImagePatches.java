package dev.vl4j.engine.vision;

/**
 * What the vision tower reads of one still image.
 *
 * @param values {@code [gridHeight * gridWidth][3][temporalPatchSize][patchSize][patchSize]},
 *     normalised samples; the patches of one merge block are neighbours, blocks are row-major
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
