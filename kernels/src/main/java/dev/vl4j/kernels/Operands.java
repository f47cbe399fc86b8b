package dev.vl4j.kernels;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether operands fit together: one check per operation of {@link Backend}, shared by all
 * backends. A check either returns or throws a {@link BackendException} that names the operation
 * and the shapes.
 *
 * <p>That an output shares no memory with an input is for the backend to know, not checked here.
 */
public final class Operands {
  private Operands() {}

  public static void linear(Tensor x, Linear weight, Epilogue epilogue, Tensor out) {
    if (x.columns() != weight.inFeatures()) {
      throw new BackendException(
          "linear: x %s does not fit weight %s (outFeatures, inFeatures)"
              .formatted(shape(x), shape(weight.outFeatures(), weight.inFeatures())));
    }
    requireShape("linear", "out", out, x.rows(), weight.outFeatures());
    requireOptional("linear", "bias", epilogue.bias(), 1, weight.outFeatures());
    requireOptional("linear", "residual", epilogue.residual(), x.rows(), weight.outFeatures());
    if (weight.gated() && !epilogue.equals(Epilogue.NONE)) {
      throw new BackendException("linear: a gated weight takes no bias, activation or residual");
    }
  }

  public static void rmsNorm(Tensor x, Tensor weight, Tensor out) {
    requireShape("rmsNorm", "weight", weight, "x", x, 1, x.columns());
    requireShape("rmsNorm", "out", out, x.rows(), x.columns());
  }

  public static void layerNorm(Tensor x, Tensor weight, Tensor bias, Tensor out) {
    requireShape("layerNorm", "weight", weight, "x", x, 1, x.columns());
    requireShape("layerNorm", "bias", bias, "x", x, 1, x.columns());
    requireShape("layerNorm", "out", out, x.rows(), x.columns());
  }

  public static void rmsNormHeads(Tensor x, Tensor weight) {
    if (weight.rows() != 1 || weight.columns() == 0 || x.columns() % weight.columns() != 0) {
      throw new BackendException(
          "rmsNormHeads: weight %s does not fit x %s, expected [1, headSize]"
              .formatted(shape(weight), shape(x)));
    }
  }

  public static void rotate(Tensor x, Tensor cosine, Tensor sine) {
    if (cosine.rows() != x.rows()
        || cosine.columns() == 0
        || x.columns() % (2 * cosine.columns()) != 0) {
      throw new BackendException(
          "rotate: cosine %s does not fit x %s, expected [rows, headSize / 2]"
              .formatted(shape(cosine), shape(x)));
    }
    requireShape("rotate", "sine", sine, cosine.rows(), cosine.columns());
  }

  public static void attention(
      Tensor query,
      Tensor key,
      Tensor value,
      AttentionShape shape,
      List<Segment> segments,
      Tensor out) {
    int rows = key.rows();
    int queryColumns = shape.heads() * shape.headSize();
    int keyColumns = shape.keyValueHeads() * shape.headSize();
    requireShape("attention", "key", key, rows, keyColumns);
    requireShape("attention", "value", value, rows, keyColumns);
    segments(segments, rows);
    int queries = segments.stream().mapToInt(Segment::queries).sum();
    requireShape("attention", "query", query, queries, queryColumns);
    requireShape("attention", "out", out, queries, queryColumns);
  }

  /** Segments cover rows 0 to {@code rows}, each once, and a parent stands before its children. */
  private static void segments(List<Segment> segments, int rows) {
    for (int i = 0; i < segments.size(); i++) {
      Segment segment = segments.get(i);
      if (segment.start() < 0
          || segment.length() < 1
          || segment.length() > rows - segment.start()) {
        throw new BackendException(
            "attention: segment %d is not within the %d rows of the keys: %s"
                .formatted(i, rows, segment));
      }
      if (segment.queries() < 0 || segment.queries() > segment.length()) {
        throw new BackendException(
            "attention: segment %d has more or fewer queries than rows: %s".formatted(i, segment));
      }
      if (segment.parent() < Segment.ROOT || segment.parent() >= i) {
        throw new BackendException(
            "attention: segment %d must come after its parent %d: %s"
                .formatted(i, segment.parent(), segment));
      }
    }
    int covered = 0;
    for (int index : Segment.byStart(segments)) {
      Segment segment = segments.get(index);
      if (segment.start() > covered) {
        throw new BackendException(
            "attention: rows %d to %d of %d are in no segment"
                .formatted(covered, segment.start(), rows));
      }
      if (segment.start() < covered) {
        throw new BackendException(
            "attention: segment %d overlaps another: %s".formatted(index, segment));
      }
      covered += segment.length();
    }
    if (covered != rows) {
      throw new BackendException(
          "attention: rows %d to %d of %d are in no segment".formatted(covered, rows, rows));
    }
  }

  public static void gather(RowTable table, int[] rows, Tensor out) {
    requireShape("gather", "out", out, rows.length, table.columns());
    requireRows("gather", "table", rows, table.rows(), table.columns());
  }

  public static void addInterpolated(
      RowTable table, int[] rows, float[] weights, int taps, Tensor out) {
    if (taps < 1 || rows.length % taps != 0 || weights.length != rows.length) {
      throw new BackendException(
          "addInterpolated: %d rows and %d weights do not make groups of %d taps"
              .formatted(rows.length, weights.length, taps));
    }
    requireShape("addInterpolated", "out", out, rows.length / taps, table.columns());
    requireRows("addInterpolated", "table", rows, table.rows(), table.columns());
  }

  public static void copyRows(Tensor x, int[] sources, Tensor out, int[] destinations) {
    if (x.columns() != out.columns()) {
      throw new BackendException(
          "copyRows: x %s does not fit out %s".formatted(shape(x), shape(out)));
    }
    if (sources.length != destinations.length) {
      throw new BackendException(
          "copyRows: %d sources but %d destinations, x %s, out %s"
              .formatted(sources.length, destinations.length, shape(x), shape(out)));
    }
    requireRows("copyRows", "x", sources, x.rows(), x.columns());
    requireRows("copyRows", "out", destinations, out.rows(), out.columns());
  }

  public static void addRows(Tensor x, Tensor out, int[] destinations) {
    if (x.columns() != out.columns()) {
      throw new BackendException(
          "addRows: x %s does not fit out %s".formatted(shape(x), shape(out)));
    }
    if (x.rows() != destinations.length) {
      throw new BackendException(
          "addRows: x %s but %d destinations, out %s"
              .formatted(shape(x), destinations.length, shape(out)));
    }
    requireRows("addRows", "out", destinations, out.rows(), out.columns());
  }

  /** For {@link Backend#upload}: the values fill the matrix exactly. */
  public static void upload(float[] values, int rows, int columns) {
    if (rows < 0 || columns < 0 || values.length != (long) rows * columns) {
      throw new BackendException(
          "upload: %d values do not fill %s".formatted(values.length, shape(rows, columns)));
    }
  }

  /** For {@link Backend#prepare}: stacked parts have the same number of columns. */
  public static void prepare(List<HostMatrix> parts) {
    if (parts.isEmpty()) {
      throw new BackendException("prepare: no matrices");
    }
    HostMatrix first = parts.getFirst();
    for (HostMatrix part : parts) {
      if (part.columns() != first.columns()) {
        throw new BackendException(
            "prepare: %s %s cannot be stacked on %s %s"
                .formatted(
                    part.name(),
                    shape(part.rows(), part.columns()),
                    first.name(),
                    shape(first.rows(), first.columns())));
      }
    }
  }

  /** For {@link Backend#prepareGated}: one gate for each output. */
  public static void prepareGated(HostMatrix gate, HostMatrix up) {
    if (gate.rows() != up.rows() || gate.columns() != up.columns()) {
      throw new BackendException(
          "prepareGated: gate %s %s does not fit up %s %s"
              .formatted(
                  gate.name(),
                  shape(gate.rows(), gate.columns()),
                  up.name(),
                  shape(up.rows(), up.columns())));
    }
  }

  /** {@code [rows, columns]}, as messages print it. */
  public static String shape(Tensor tensor) {
    return shape(tensor.rows(), tensor.columns());
  }

  private static String shape(int rows, int columns) {
    return "[" + rows + ", " + columns + "]";
  }

  private static void requireOptional(
      String operation, String name, @Nullable Tensor tensor, int rows, int columns) {
    if (tensor != null) {
      requireShape(operation, name, tensor, rows, columns);
    }
  }

  private static void requireShape(
      String operation, String name, Tensor tensor, int rows, int columns) {
    if (tensor.rows() != rows || tensor.columns() != columns) {
      throw new BackendException(
          "%s: %s is %s, expected %s"
              .formatted(operation, name, shape(tensor), shape(rows, columns)));
    }
  }

  private static void requireShape(
      String operation,
      String name,
      Tensor tensor,
      String otherName,
      Tensor other,
      int rows,
      int columns) {
    if (tensor.rows() != rows || tensor.columns() != columns) {
      throw new BackendException(
          "%s: %s %s does not fit %s %s"
              .formatted(operation, name, shape(tensor), otherName, shape(other)));
    }
  }

  private static void requireRows(
      String operation, String name, int[] indices, int rows, int columns) {
    for (int i = 0; i < indices.length; i++) {
      if (indices[i] < 0 || indices[i] >= rows) {
        throw new BackendException(
            "%s: row number %d (at %d) is not a row of %s %s"
                .formatted(operation, indices[i], i, name, shape(rows, columns)));
      }
    }
  }
}
