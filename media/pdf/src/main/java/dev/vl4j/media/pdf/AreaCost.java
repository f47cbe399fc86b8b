package dev.vl4j.media.pdf;

import dev.vl4j.engine.media.MediaWork;
import java.awt.Shape;
import java.awt.geom.PathIterator;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What it costs to make shapes areas, and one of them. Java 2D goes from each height where an edge
 * begins or ends to the next one, past all edges that are there, and looks for the crossings of
 * those beside one another.
 */
final class AreaCost {
  /** In edges that are passed, of which each takes some 15 nanoseconds: a third of a second. */
  private static final long MOST = 20_000_000;

  /** Of pairs beside one another, whose boxes are compared. */
  private static final long MOST_COMPARED = 200_000_000;

  /** Two edges whose boxes overlap cost the product of theirs. */
  private static final int LINE = 18;

  private static final int CURVE = 80;

  private final MediaWork work;
  private final List<Edge> edges = new ArrayList<>();

  private record Edge(double left, double top, double right, double bottom, int weight) {}

  private AreaCost(MediaWork work) {
    this.work = work;
  }

  /**
   * Refuses shapes that would be made areas, and one of them, for too long.
   *
   * @throws Refusal if they have too many edges beside one another, or edges that cross too often
   */
  static void check(MediaWork work, Shape... shapes) {
    AreaCost cost = new AreaCost(work);
    for (Shape shape : shapes) {
      cost.add(shape);
    }
    cost.require();
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
      addEdge(Math.min(x, toX), Math.min(y, toY), Math.max(x, toX), Math.max(y, toY), LINE);
    }
  }

  private void addEdge(double left, double top, double right, double bottom, int weight) {
    if (!(left <= right && top <= bottom)) {
      throw new Refusal("a coordinate of a page is no number");
    }
    edges.add(new Edge(left, top, right, bottom, weight));
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
    addEdge(left, top, right, bottom, CURVE);
  }

  private void require() {
    edges.sort(Comparator.comparingDouble(Edge::top));
    long cost = passed();
    long compared = 0;
    for (int i = 0; i < edges.size(); i++) {
      work.check();
      Edge one = edges.get(i);
      for (int j = i + 1; j < edges.size() && edges.get(j).top < one.bottom; j++) {
        Edge other = edges.get(j);
        compared++;
        if (other.left < one.right && one.left < other.right) {
          cost += (long) one.weight * other.weight;
        }
      }
      if (cost > MOST || compared > MOST_COMPARED) {
        throw new Refusal("the edges of a part of a page cross one another too often");
      }
    }
  }

  /** How many edges there are at all heights where one begins or ends. */
  private long passed() {
    double[] bottoms = edges.stream().mapToDouble(Edge::bottom).sorted().toArray();
    int count = bottoms.length;
    long passed = 0;
    int begun = 0;
    int ended = 0;
    while (ended < count) {
      double y = bottoms[ended];
      if (begun < count) {
        y = Math.min(y, edges.get(begun).top);
      }
      while (begun < count && edges.get(begun).top <= y) {
        begun++;
      }
      while (ended < count && bottoms[ended] <= y) {
        ended++;
      }
      passed += begun - ended;
    }
    return passed;
  }
}
