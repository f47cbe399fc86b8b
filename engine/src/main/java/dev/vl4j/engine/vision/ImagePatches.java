package dev.vl4j.engine.vision;

/**
 * What the vision tower reads of one still image, or of two frames of a video: {@code [gridHeight *
 * gridWidth][3][patchSize][patchSize]} of each. The patches of one merge block are neighbors,
 * blocks are row-major.
 *
 * <p>The model's patches span two frames, and a still image repeats its one frame in both. It is
 * here once; the weights that read it are the sums over both.
 */
public sealed interface ImagePatches {
  /** Patches from top to bottom, a multiple of the merge size. */
  int gridHeight();

  /** Patches from left to right, a multiple of the merge size. */
  int gridWidth();

  /** How many patches there are, before merging. */
  default int count() {
    return gridHeight() * gridWidth();
  }

  /**
   * Patches as the image's samples, which the device normalizes.
   *
   * @param samples unsigned bytes
   * @param normalized [3][256], the value of each sample by color
   */
  @SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
  record Samples(byte[] samples, float[][] normalized, int gridHeight, int gridWidth)
      implements ImagePatches {
    /** The normalized values of all samples. */
    public float[] values() {
      float[] values = new float[samples.length];
      int plane = samples.length / count() / normalized.length;
      for (int i = 0; i < values.length; i++) {
        values[i] = normalized[i / plane % normalized.length][samples[i] & 0xFF];
      }
      return values;
    }
  }

  /**
   * Patches as values, normalized already.
   *
   * @param values normalized samples
   */
  @SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
  record Values(float[] values, int gridHeight, int gridWidth) implements ImagePatches {}

  /**
   * Two frames of a video, one after the other.
   *
   * @param first as a still image's
   * @param second likewise, of the same size
   */
  record Pair(Samples first, Samples second) implements ImagePatches {
    @Override
    public int gridHeight() {
      return first.gridHeight();
    }

    @Override
    public int gridWidth() {
      return first.gridWidth();
    }
  }
}
