package dev.vl4j.kernels;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A run of consecutive rows in a packed batch. Segments form a forest: the rows of a segment attend
 * to all rows of all its ancestors, and to their own segment causally or in both directions.
 *
 * @param start first row
 * @param length number of rows, at least 1
 * @param parent index of the parent in the batch's list of segments (smaller than this segment's
 *     own), or {@link #ROOT}
 * @param causal whether a row sees only itself and earlier rows of its own segment
 * @param queries how many of the segment's last rows attend; the rows before them are only attended
 *     to. 0 for rows that were computed earlier
 */
public record Segment(int start, int length, int parent, boolean causal, int queries) {
  /** The parent of a segment that has none. */
  public static final int ROOT = -1;

  /** A segment whose rows all attend. */
  public Segment(int start, int length, int parent, boolean causal) {
    this(start, length, parent, causal, length);
  }

  public static Segment causalRoot(int start, int length) {
    return new Segment(start, length, ROOT, true);
  }

  public static Segment bidirectionalRoot(int start, int length) {
    return new Segment(start, length, ROOT, false);
  }

  /** The same rows, of which only this many of the last attend. */
  public Segment withQueries(int queries) {
    return new Segment(start, length, parent, causal, queries);
  }

  /** The first row that attends, counted from {@link #start}. */
  public int firstQuery() {
    return length - queries;
  }

  /**
   * Where each segment's queries begin in a tensor that holds those of all segments, in the order
   * of their rows.
   */
  public static int[] queryStarts(List<Segment> segments) {
    int[] starts = new int[segments.size()];
    int next = 0;
    for (int i : byStart(segments)) {
      starts[i] = next;
      next += segments.get(i).queries;
    }
    return starts;
  }

  /** Indices of segments in the order of their rows. */
  static int[] byStart(List<Segment> segments) {
    return IntStream.range(0, segments.size())
        .boxed()
        .sorted(Comparator.comparingInt(i -> segments.get(i).start))
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
