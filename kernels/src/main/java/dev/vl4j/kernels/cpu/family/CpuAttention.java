package dev.vl4j.kernels.cpu.family;

import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.memory.ForwardMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * Attention over a forest of segments, planned once for all layers.
 *
 * <p>A row's keys are one logical sequence: its ancestors' rows from the root down, then its own
 * segment's.
 */
public abstract class CpuAttention implements AttentionPlan {
  /** Rows of a {@link Run}. */
  private static final int RUN_ROWS = 16;

  /**
   * A segment and the keys that its rows see.
   *
   * @param before keys before its own
   * @param row its first row, among those that the forward computes
   * @param query its first query, among all
   */
  public record Context(Segment segment, CpuKeyValues keyValues, int before, int row, int query) {
    /** Keys up to its end. */
    public int length() {
      return before + segment.length();
    }

    /** The query, and row of the output, of one of the segment's rows. */
    public int query(int row) {
      return query + row - segment.firstQuery();
    }
  }

  /**
   * Some computed rows that stand together.
   *
   * @param from first row of the projections
   * @param to first row of the keys and values
   */
  public record Run(CpuKeyValues keyValues, int from, int to, int rows) {}

  private final AttentionShape shape;
  private final HeadFormat format;
  private final List<Context> contexts = new ArrayList<>();
  private final List<Run> runs = new ArrayList<>();
  private final int rows;
  private final int queries;

  protected CpuAttention(AttentionShape shape, HeadFormat format, List<Segment> segments) {
    Operands.segments(shape, segments);
    this.shape = shape;
    this.format = format;
    int row = 0;
    int query = 0;
    for (Segment segment : segments) {
      int before = segment.parent() == Segment.ROOT ? 0 : contexts.get(segment.parent()).length();
      CpuKeyValues keyValues = CpuKeyValues.of(segment.keyValues());
      contexts.add(new Context(segment, keyValues, before, row, query));
      if (!segment.stored()) {
        for (int from = 0; from < segment.length(); from += RUN_ROWS) {
          int count = Math.min(RUN_ROWS, segment.length() - from);
          runs.add(new Run(keyValues, row + from, segment.start() + from, count));
        }
        row += segment.length();
      }
      query += segment.queries();
    }
    rows = row;
    queries = query;
  }

  /**
   * The plan behind a handle, which must be of this backend, with keys and values that are open.
   */
  public static CpuAttention of(AttentionPlan plan) {
    if (!(plan instanceof CpuAttention own)) {
      throw new BackendException(
          "expected a plan of this backend, found " + plan.getClass().getSimpleName());
    }
    own.contexts.forEach(context -> CpuKeyValues.of(context.keyValues));
    return own;
  }

  /**
   * Attends in one layer.
   *
   * @param out a tensor, or a rounded operand if it {@link #rounds}
   */
  public abstract void run(HeadRows queries, int layer, Operand out, ForwardMemory memory);

  /** Whether {@link #run} can write a rounded operand. */
  public abstract boolean rounds();

  protected final List<Context> contexts() {
    return contexts;
  }

  /** All computed rows, to be written to their keys and values. */
  public final List<Run> runs() {
    return runs;
  }

  public final HeadFormat format() {
    return format;
  }

  @Override
  public final AttentionShape shape() {
    return shape;
  }

  @Override
  public final int rows() {
    return rows;
  }

  @Override
  public final int queries() {
    return queries;
  }
}
