package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.Segment;
import java.util.List;

/** What attends to what. */
final class DelayedPlan extends Handle<AttentionPlan> implements AttentionPlan {
  /** What a device is told of a segment. */
  private static final int SEGMENT_BYTES = 32;

  private final AttentionShape shape;
  private final List<Segment> segments;

  DelayedPlan(ForwardCommands owner, AttentionShape shape, List<Segment> segments) {
    super(
        owner.backend(),
        owner,
        "attention",
        "[%d segments]".formatted(segments.size()),
        (long) SEGMENT_BYTES * segments.size());
    this.shape = shape;
    this.segments = segments;
  }

  List<Segment> segments() {
    return segments;
  }

  /** The keys and values of all segments. */
  List<DelayedKeyValues> keyValues() {
    return segments.stream().map(DelayedPlan::keyValues).distinct().toList();
  }

  /** The keys and values that the forward computes. */
  List<DelayedKeyValues> computed() {
    return segments.stream()
        .filter(segment -> !segment.stored())
        .map(DelayedPlan::keyValues)
        .distinct()
        .toList();
  }

  static DelayedKeyValues keyValues(Segment segment) {
    return (DelayedKeyValues) segment.keyValues();
  }

  void markComputed(int layer) {
    for (Segment segment : segments) {
      if (!segment.stored()) {
        int end = segment.start() + segment.length();
        keyValues(segment).markComputed(layer, segment.start(), end);
      }
    }
  }

  void requireComputed(String operation, int layer) {
    for (Segment segment : segments) {
      int end = segment.start() + segment.length();
      keyValues(segment).requireComputed(operation, layer, segment.start(), end);
    }
  }

  /** The segments in the wrapped backend. For the device's thread. */
  List<Segment> innerSegments() {
    return segments.stream()
        .map(s ->
            new Segment(
                keyValues(s).inner(),
                s.start(),
                s.length(),
                s.parent(),
                s.causal(),
                s.queries(),
                s.stored()))
        .toList();
  }

  @Override
  public AttentionShape shape() {
    return shape;
  }

  @Override
  public int rows() {
    return Operands.rows(segments);
  }

  @Override
  public int queries() {
    return Operands.queries(segments);
  }
}
