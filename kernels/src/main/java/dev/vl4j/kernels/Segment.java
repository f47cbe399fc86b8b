package dev.vl4j.kernels;

import java.util.Objects;

/**
 * A run of consecutive rows of a batch. Segments form a forest: the rows of a segment attend to all
 * rows of all its ancestors, and to their own segment causally or in both directions.
 *
 * <p>The keys and values of a <em>stored</em> segment are there from an earlier forward. Those of a
 * computed one are written by this forward: the rows of its projections are those of the computed
 * segments, one after another in the order of the list. Queries stand in the same order.
 *
 * @param keyValues where its keys and values are
 * @param start its first row there
 * @param length number of rows, at least 1
 * @param parent index of the parent in the batch's list of segments (smaller than this segment's
 *     own), or {@link #ROOT}
 * @param causal whether a row sees only itself and earlier rows of its own segment
 * @param queries how many of the segment's last rows attend; the rows before them are only attended
 *     to
 * @param stored whether its keys and values are there already; then it has no queries
 */
public record Segment(
    KeyValues keyValues,
    int start,
    int length,
    int parent,
    boolean causal,
    int queries,
    boolean stored) {
  /** The parent of a segment that has none. */
  public static final int ROOT = -1;

  /**
   * Numbers are checked by {@link Forward#attention(AttentionShape, java.util.List)}, which knows
   * the segment's place among the others.
   *
   * @throws NullPointerException if the keys and values are null
   */
  public Segment {
    Objects.requireNonNull(keyValues, "keyValues");
  }

  /** A segment of this forward whose rows all attend. */
  public static Segment computed(
      KeyValues keyValues, int start, int length, int parent, boolean causal) {
    return new Segment(keyValues, start, length, parent, causal, length, false);
  }

  /** All rows of an earlier forward's keys and values. */
  public static Segment stored(KeyValues keyValues, int parent) {
    Objects.requireNonNull(keyValues, "keyValues");
    return new Segment(keyValues, 0, keyValues.rows(), parent, true, 0, true);
  }

  /** The same rows, of which only this many of the last attend. */
  public Segment withQueries(int queries) {
    return new Segment(keyValues, start, length, parent, causal, queries, stored);
  }

  /** The first row that attends, counted from {@link #start}. */
  public int firstQuery() {
    return length - queries;
  }
}
