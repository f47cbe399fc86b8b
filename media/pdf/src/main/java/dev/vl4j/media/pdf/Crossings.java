package dev.vl4j.media.pdf;

import dev.vl4j.engine.media.MediaWork;
import java.awt.Shape;
import java.awt.geom.PathIterator;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Counts how often the edges of an area may cross. Java 2D takes time for each crossing, and the
 * more the more edges there are beside it.
 */
final class Crossings {
  /** Neighbours of a line, with which it shares its ends, and of what is drawn like by hand. */
  private static final int USUAL = 10;

  private static final int MOST = 20_000;

  /** Of pairs beside one another, whose boxes are compared. */
  private static final long MOST_COMPARED = 200_000_000;

  /** A curve's crossings take as long as those of so many lines. */
  private static final int CURVE = 3;

  private final MediaWork work;
  private final List<Edge> edges = new ArrayList<>();

  private record Edge(double left, double top, double right, double bottom, int weight) {}

  private Crossings(MediaWork work) {
    this.work = work;
  }

  /**
   * Refuses shapes that would be made areas, and one of them, for too long.
   *
   * @throws Refusal if their edges may cross too often
   */
  static void check(MediaWork work, Shape... shapes) {
    Crossings crossings = new Crossings(work);
    for (Shape shape : shapes) {
      crossings.add(shape);
    }
    crossings.count();
  }

  private void add(Shape shape) {
    double[] points = new double[6];
    double x = 0;
    double y = 0;
    double startX = 0;
    double startY = 0;
    for (PathIterator at = shape.getPathIterator(null); !at.isDone(); at.next()) {
      int segment = at.currentSegment(points);
      int count = PathCost.count(segment);
      double toX = count == 0 ? startX : points[2 * count - 2];
      double toY = count == 0 ? startY : points[2 * count - 1];
      if (segment == PathIterator.SEG_MOVETO) {
        // An area closes what is open.
        addLine(x, y, startX, startY);
        startX = toX;
        startY = toY;
      } else if (count <= 1) {
        addLine(x, y, toX, toY);
      } else {
        addCurve(x, y, points, count);
      }
      x = toX;
      y = toY;
    }
    addLine(x, y, startX, startY);
  }

  private void addLine(double x, double y, double toX, double toY) {
    if (y != toY) { // lines without height are no edges
      edges.add(
          new Edge(Math.min(x, toX), Math.min(y, toY), Math.max(x, toX), Math.max(y, toY), 1));
    }
  }

  private void addCurve(double x, double y, double[] points, int count) {
    double left = x;
    double right = x;
    double top = y;
    double bottom = y;
    for (int i = 0; i < count; i++) {
      left = Math.min(left, points[2 * i]);
      right = Math.max(right, points[2 * i]);
      top = Math.min(top, points[2 * i + 1]);
      bottom = Math.max(bottom, points[2 * i + 1]);
    }
    edges.add(new Edge(left, top, right, bottom, CURVE));
  }

  private void count() {
    edges.sort(Comparator.comparingDouble(Edge::top));
    long most = MOST + (long) USUAL * edges.size();
    long found = 0;
    long compared = 0;
    for (int i = 0; i < edges.size(); i++) {
      work.check();
      Edge one = edges.get(i);
      for (int j = i + 1; j < edges.size() && edges.get(j).top < one.bottom; j++) {
        Edge other = edges.get(j);
        compared++;
        if (other.left < one.right && one.left < other.right) {
          found += (long) one.weight * other.weight;
        }
      }
      if (found > most || compared > MOST_COMPARED) {
        throw new Refusal("the edges of a part of a page cross one another too often");
      }
    }
  }
}
