package dev.vl4j.media.pdf;

import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.PathIterator;
import org.jspecify.annotations.Nullable;

/** What drawing a path costs, told from its points. Curves count as the lines of their points. */
final class PathCost {
  private final Shape path;
  private final AffineTransform toPixels;
  private final @Nullable Pen pen;
  private final int segments;

  /**
   * How a path is stroked.
   *
   * @param width of its lines, in pixels
   * @param dashes how long a dash and its gap are, in pixels; infinite for none
   */
  record Pen(double width, double dashes) {}

  /**
   * Rows of what is drawn on.
   *
   * @param top the first one
   * @param bottom the one behind the last
   * @param width of each, in pixels
   */
  record Rows(int top, int bottom, int width) {
    int count() {
      return bottom - top;
    }

    private double inside(double y) {
      return Math.clamp(y, top, bottom);
    }
  }

  /**
   * @param toPixels from the path's units
   * @param pen for the edges of its lines, dashes and joins; null for its inside
   */
  PathCost(Shape path, AffineTransform toPixels, @Nullable Pen pen) {
    this.path = path;
    this.toPixels = toPixels;
    this.pen = pen;
    segments = segments(path);
  }

  /** What it costs to look at the path, whatever is drawn of it. */
  int segments() {
    return segments;
  }

  /**
   * How often an edge of the path crosses one of some rows of pixels. Time and memory of drawing
   * are proportional to it.
   */
  double crossed(Rows rows) {
    Edges edges = new Edges(rows, pen);
    double[] points = new double[6];
    double[] start = new double[2];
    for (PathIterator at = path.getPathIterator(toPixels); !at.isDone(); at.next()) {
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
    return edges.crossed;
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
    private final Rows rows;
    private final @Nullable Pen pen;
    private double x;
    private double y;
    private double crossed;

    Edges(Rows rows, @Nullable Pen pen) {
      this.rows = rows;
      this.pen = pen;
    }

    void moveTo(double toX, double toY) {
      if (Double.isNaN(toX) || Double.isNaN(toY)) {
        return;
      }
      x = toX;
      y = toY;
    }

    void lineTo(double toX, double toY) {
      if (Double.isNaN(toX) || Double.isNaN(toY)) {
        return; // which is not drawn either
      }
      crossed += pen == null ? Math.abs(rows.inside(toY) - rows.inside(y)) : stroked(pen, toX, toY);
      moveTo(toX, toY);
    }

    /** Two edges along the line, and for its join and each of its dashes two across it. */
    private double stroked(Pen pen, double toX, double toY) {
      double above = Math.min(y, toY) - pen.width / 2;
      double below = Math.max(y, toY) + pen.width / 2;
      double visible = rows.inside(below) - rows.inside(above);
      if (!(visible > 0)) {
        return 0;
      }
      double length =
          Math.min(Math.hypot(toX - x, toY - y) * visible / (below - above), visible + rows.width);
      double ends = 1 + length / pen.dashes;
      return 2 * Math.min(visible, Math.abs(toY - y)) + 2 * ends * Math.min(visible, pen.width);
    }
  }
}
