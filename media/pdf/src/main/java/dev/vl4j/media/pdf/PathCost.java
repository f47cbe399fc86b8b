package dev.vl4j.media.pdf;

import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.PathIterator;
import org.jspecify.annotations.Nullable;

/** What drawing paths costs, told from their points. Curves count as the lines of their points. */
final class PathCost {
  private PathCost() {}

  /**
   * How a path is stroked.
   *
   * @param width of its lines, in pixels
   * @param dashes how long a dash and its gap are, in pixels; infinite for none
   */
  record Pen(double width, double dashes) {}

  /**
   * How many rows of pixels the edges of a path cross, each edge one at least. Time and memory of
   * filling are proportional to it.
   *
   * @param transform to pixels
   * @param height of what is drawn on, in pixels
   * @param pen for the edges of its lines, dashes and joins; null for its inside
   */
  static long rows(Shape path, AffineTransform transform, int height, @Nullable Pen pen) {
    Edges edges = new Edges(height, pen);
    double[] points = new double[6];
    double[] start = new double[2];
    for (PathIterator at = path.getPathIterator(transform); !at.isDone(); at.next()) {
      int segment = at.currentSegment(points);
      switch (segment) {
        case PathIterator.SEG_MOVETO -> {
          start[0] = points[0];
          start[1] = points[1];
          edges.moveTo(points[0], points[1]);
        }
        case PathIterator.SEG_CLOSE -> edges.lineTo(start[0], start[1]);
        default -> {
          for (int i = 0; i < count(segment); i++) {
            edges.lineTo(points[2 * i], points[2 * i + 1]);
          }
        }
      }
    }
    return (long) edges.rows;
  }

  /** How many lines, curves, beginnings and ends a path is made of. */
  static int segments(Shape path) {
    int segments = 0;
    for (PathIterator at = path.getPathIterator(null); !at.isDone(); at.next()) {
      segments++;
    }
    return segments;
  }

  /** How many points a segment adds. */
  static int count(int segment) {
    return switch (segment) {
      case PathIterator.SEG_CUBICTO -> 3;
      case PathIterator.SEG_QUADTO -> 2;
      case PathIterator.SEG_CLOSE -> 0;
      default -> 1;
    };
  }

  private static final class Edges {
    private final int height;
    private final @Nullable Pen pen;
    private double x;
    private double y;
    private double rows;

    Edges(int height, @Nullable Pen pen) {
      this.height = height;
      this.pen = pen;
    }

    void moveTo(double toX, double toY) {
      x = toX;
      y = toY;
    }

    void lineTo(double toX, double toY) {
      double crossed = Math.abs(inside(toY) - inside(y));
      if (pen == null) {
        rows += 1 + crossed;
      } else {
        // Two edges, and of a join or of each dash two more.
        double length = Math.min(Math.hypot(toX - x, toY - y), crossed + 2.0 * height);
        double ends = 1 + length / pen.dashes;
        rows += 1 + 2 * crossed + 2 * ends * Math.min(pen.width, height);
      }
      moveTo(toX, toY);
    }

    private double inside(double row) {
      return Math.clamp(row, 0, height);
    }
  }
}
