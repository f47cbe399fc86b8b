package dev.vl4j.engine.model.tower;

/**
 * The learned position embeddings of a square grid, stretched bilinearly over an image: corners
 * fall on corners. Weights are float32, in the reference implementation's order of operations.
 *
 * @param rows [patches * TAPS] rows of the table
 * @param weights [patches * TAPS]
 */
record PositionGrid(int[] rows, float[] weights) {
  static final int TAPS = 4;

  /** The taps of this many patches, all zero. */
  static PositionGrid of(int patches) {
    return new PositionGrid(new int[TAPS * patches], new float[TAPS * patches]);
  }

  /**
   * Writes the taps of one image.
   *
   * @param positions [2][patches] row and column of each patch
   * @param start first patch to write
   */
  void put(int[][] positions, int gridHeight, int gridWidth, int side, int start) {
    int to = TAPS * start;
    for (int patch = 0; patch < positions[0].length; patch++) {
      float y = source(positions[0][patch], gridHeight, side);
      float x = source(positions[1][patch], gridWidth, side);
      for (int down = 0; down < 2; down++) {
        for (int right = 0; right < 2; right++) {
          rows[to] = tap(y, down, side) * side + tap(x, right, side);
          weights[to++] = weight(y, down) * weight(x, right);
        }
      }
    }
  }

  private static float source(int index, int size, int side) {
    return (float) index * (side - 1) / Math.max(size - 1, 1);
  }

  private static int tap(float source, int offset, int side) {
    return Math.min((int) source + offset, side - 1);
  }

  private static float weight(float source, int offset) {
    return Math.max(0f, 1f - Math.abs(source - (int) source - offset));
  }
}
