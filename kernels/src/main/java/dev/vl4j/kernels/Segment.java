package dev.vl4j.kernels;

/**
 * A run of consecutive rows in a packed batch. Segments form a forest: the rows of a segment attend
 * to all rows of all its ancestors, and to their own segment causally or in both directions.
 *
 * @param start first row
 * @param length number of rows, at least 1
 * @param parent index of the parent in the batch's list of segments (smaller than this segment's
 *     own), or {@link #ROOT}
 * @param causal whether a row sees only itself and earlier rows of its own segment
 */
public record Segment(int start, int length, int parent, boolean causal) {
  /** The parent of a segment that has none. */
  public static final int ROOT = -1;

  public static Segment causalRoot(int start, int length) {
    return new Segment(start, length, ROOT, true);
  }

  public static Segment bidirectionalRoot(int start, int length) {
    return new Segment(start, length, ROOT, false);
  }
}
