package dev.vl4j.kernels;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether operands fit together: one check for each operation of {@link Backend} and {@link
 * Forward}, shared by all backends. A check either returns or throws a {@link BackendException}
 * that names the operation and the shapes.
 *
 * <p>That an output shares no memory with an input is for the backend to know, not checked here.
 */
public final class Operands {
  private Operands() {}

  /** For {@link Forward#tensor} and {@link Backend#tensor}. */
  public static void tensor(int rows, int columns) {
    requireSizes("tensor", rows, columns);
  }

  /** For {@link Forward#operand}. */
  public static void operand(int rows, Linear reader) {
    requireSizes("operand", rows, reader.inFeatures());
  }

  /** For {@link Forward#queries(int, AttentionShape)}. */
  public static void queries(int rows, AttentionShape shape) {
    requireSizes("queries", rows, shape.heads() * shape.headSize());
  }

  /** For {@link Forward#keyValues(AttentionShape, int)} and {@link Backend#keyValues}. */
  public static void keyValues(AttentionShape shape, int layers, int rows) {
    requireSizes("keyValues", rows, 2 * shape.keyValueHeads() * shape.headSize());
    if (layers < 1) {
      throw new BackendException("keyValues: expected 1 or more layers, found " + layers);
    }
  }

  private static void requireSizes(String operation, int rows, int columns) {
    if (rows < 0 || columns < 0) {
      throw new BackendException(
          "%s: expected sizes of 0 or more, found %s".formatted(operation, shape(rows, columns)));
    }
  }

  /** For {@link Forward#linear}. */
  public static void linear(Operand x, Linear weight, Epilogue epilogue, Operand out) {
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
    if (epilogue.residual() != null && !(out instanceof Tensor)) {
      throw new BackendException("linear: out must be a tensor where there is a residual");
    }
  }

  /** For {@link Forward#rmsNorm}. */
  public static void rmsNorm(Tensor x, Tensor weight, Operand out) {
    requireShape("rmsNorm", "weight", weight, "x", x, 1, x.columns());
    requireShape("rmsNorm", "out", out, x.rows(), x.columns());
  }

  /** For {@link Forward#layerNorm}. */
  public static void layerNorm(Tensor x, Tensor weight, Tensor bias, Operand out) {
    requireShape("layerNorm", "weight", weight, "x", x, 1, x.columns());
    requireShape("layerNorm", "bias", bias, "x", x, 1, x.columns());
    requireShape("layerNorm", "out", out, x.rows(), x.columns());
  }

  /** For {@link Forward#rotary}: a position of each row on each axis that frequencies follow. */
  public static void rotary(RotaryEmbedding embedding, int[][] positions) {
    int axes = Arrays.stream(embedding.axes()).max().orElse(-1) + 1;
    int rows = positions.length == 0 ? 0 : positions[0].length;
    for (int[] axis : positions) {
      if (axis.length != rows) {
        throw new BackendException(
            "rotary: %d positions on one axis, %d on another".formatted(rows, axis.length));
      }
    }
    if (positions.length < axes) {
      throw new BackendException(
          "rotary: positions on %d axes, but frequencies follow %d"
              .formatted(positions.length, axes));
    }
  }

  /** For {@link Forward#queryKeyValues}. */
  public static void queryKeyValues(
      Tensor projected,
      HeadNorm queryNorm,
      HeadNorm keyNorm,
      Rotary rotary,
      AttentionPlan plan,
      int layer,
      Operand queries) {
    String operation = "queryKeyValues";
    AttentionShape shape = plan.shape();
    if (plan.queries() != plan.rows()) {
      throw new BackendException(
          "%s: %d of %d rows attend, but all have queries"
              .formatted(operation, plan.queries(), plan.rows()));
    }
    int columns = (shape.heads() + 2 * shape.keyValueHeads()) * shape.headSize();
    requireShape(operation, "projected", projected, plan.rows(), columns);
    requireShape(operation, "queries", queries, plan.rows(), shape.heads() * shape.headSize());
    requireNorm(operation, queryNorm, shape);
    requireNorm(operation, keyNorm, shape);
    requireRotary(operation, rotary, plan.rows(), shape);
    requireLayer(operation, layer);
  }

  /** For {@link Forward#queries(Tensor, HeadNorm, Rotary, AttentionShape, Operand)}. */
  public static void queries(
      Tensor projected, HeadNorm norm, Rotary rotary, AttentionShape shape, Operand queries) {
    int columns = shape.heads() * shape.headSize();
    requireShape("queries", "projected", projected, projected.rows(), columns);
    requireShape("queries", "queries", queries, projected.rows(), columns);
    requireNorm("queries", norm, shape);
    requireRotary("queries", rotary, projected.rows(), shape);
  }

  /** For {@link Forward#keyValues(Tensor, HeadNorm, Rotary, AttentionPlan, int)}. */
  public static void keyValues(
      Tensor projected, HeadNorm norm, Rotary rotary, AttentionPlan plan, int layer) {
    AttentionShape shape = plan.shape();
    int columns = 2 * shape.keyValueHeads() * shape.headSize();
    requireShape("keyValues", "projected", projected, plan.rows(), columns);
    requireNorm("keyValues", norm, shape);
    requireRotary("keyValues", rotary, plan.rows(), shape);
    requireLayer("keyValues", layer);
  }

  /** For {@link Forward#attention(Operand, AttentionPlan, int, Operand)}. */
  public static void attention(Operand queries, AttentionPlan plan, int layer, Operand out) {
    int columns = plan.shape().heads() * plan.shape().headSize();
    requireShape("attention", "queries", queries, plan.queries(), columns);
    requireShape("attention", "out", out, plan.queries(), columns);
    requireLayer("attention", layer);
  }

  /**
   * For {@link Forward#attention(AttentionShape, List)}: a parent stands before its children, each
   * segment lies within its keys and values, and no row of these is written twice.
   */
  public static void segments(AttentionShape shape, List<Segment> segments) {
    IdentityHashMap<KeyValues, boolean[]> written = new IdentityHashMap<>();
    for (int i = 0; i < segments.size(); i++) {
      Segment segment = segments.get(i);
      KeyValues keyValues = segment.keyValues();
      if (!keyValues.shape().equals(shape)) {
        throw new BackendException(
            "attention: segment %d has keys and values for %s, expected %s"
                .formatted(i, keyValues.shape(), shape));
      }
      if (segment.start() < 0
          || segment.length() < 1
          || segment.length() > keyValues.rows() - segment.start()) {
        throw new BackendException(
            "attention: segment %d is not within the %d rows of its keys and values: %s"
                .formatted(i, keyValues.rows(), describe(segment)));
      }
      int mostQueries = segment.stored() ? 0 : segment.length();
      if (segment.queries() < 0 || segment.queries() > mostQueries) {
        throw new BackendException(
            "attention: segment %d has %d queries, expected 0 to %d: %s"
                .formatted(i, segment.queries(), mostQueries, describe(segment)));
      }
      if (segment.parent() < Segment.ROOT || segment.parent() >= i) {
        throw new BackendException(
            "attention: segment %d must come after its parent %d: %s"
                .formatted(i, segment.parent(), describe(segment)));
      }
      if (!segment.stored()) {
        boolean[] rows = written.computeIfAbsent(keyValues, k -> new boolean[k.rows()]);
        for (int row = segment.start(); row < segment.start() + segment.length(); row++) {
          if (rows[row]) {
            throw new BackendException(
                "attention: segment %d overlaps another: %s".formatted(i, describe(segment)));
          }
          rows[row] = true;
        }
      }
    }
  }

  private static String describe(Segment segment) {
    return "rows %d to %d, %s"
        .formatted(
            segment.start(),
            segment.start() + segment.length(),
            segment.stored() ? "stored" : "computed");
  }

  /** Rows of the segments that a forward computes. */
  public static int rows(List<Segment> segments) {
    return segments.stream().mapToInt(s -> s.stored() ? 0 : s.length()).sum();
  }

  /** Rows that attend. */
  public static int queries(List<Segment> segments) {
    return segments.stream().mapToInt(Segment::queries).sum();
  }

  /** For {@link Forward#copy(KeyValues, int, KeyValues)}. */
  public static void copy(KeyValues from, int start, KeyValues to) {
    if (!from.shape().equals(to.shape())
        || from.layers() != to.layers()
        || start < 0
        || to.rows() > from.rows() - start) {
      throw new BackendException(
          "copy: rows %d to %d of keys and values of %d layers, %d rows, do not fill %d layers of %d rows"
              .formatted(
                  start, start + to.rows(), from.layers(), from.rows(), to.layers(), to.rows()));
    }
  }

  /** For {@link Forward#gather(Tensor, Indices, Tensor)}. */
  public static void gather(Tensor x, Indices rows, Tensor out) {
    requireShape("gather", "out", out, rows.count(), x.columns());
    requireRows("gather", "x", rows, x.rows(), x.columns());
  }

  /** For {@link Forward#gather(RowTable, Indices, Tensor)}. */
  public static void gather(RowTable table, Indices rows, Tensor out) {
    requireShape("gather", "out", out, rows.count(), table.columns());
    requireRows("gather", "table", rows, table.rows(), table.columns());
  }

  /** For {@link Forward#addInterpolated}. */
  public static void addInterpolated(
      RowTable table, Indices rows, float[] weights, int taps, Tensor out) {
    if (taps < 1 || rows.count() % taps != 0 || weights.length != rows.count()) {
      throw new BackendException(
          "addInterpolated: %d rows and %d weights do not make groups of %d taps"
              .formatted(rows.count(), weights.length, taps));
    }
    requireShape("addInterpolated", "out", out, rows.count() / taps, table.columns());
    requireRows("addInterpolated", "table", rows, table.rows(), table.columns());
  }

  /** For {@link Forward#copy(Tensor, Tensor)}. */
  public static void copy(Tensor x, Tensor out) {
    requireShape("copy", "out", out, x.rows(), x.columns());
  }

  /** For {@link Forward#add}. */
  public static void add(Tensor x, Tensor out) {
    requireShape("add", "out", out, x.rows(), x.columns());
  }

  /** For {@link Forward#upload}: the values fill the tensor exactly. */
  public static void upload(float[] values, Tensor out) {
    upload(values, out.rows(), out.columns());
  }

  /** For {@link Forward#upload(byte[], float[][], Tensor)}. */
  public static void upload(byte[] samples, float[][] tables, Tensor out) {
    if (samples.length != (long) out.rows() * out.columns()) {
      throw new BackendException(
          "upload: %d samples do not fill %s".formatted(samples.length, shape(out)));
    }
    if (tables.length == 0 || out.columns() % tables.length != 0) {
      throw new BackendException(
          "upload: %d tables do not share the columns of %s".formatted(tables.length, shape(out)));
    }
    for (float[] table : tables) {
      if (table.length != 256) {
        throw new BackendException(
            "upload: a table of %d values, expected 256".formatted(table.length));
      }
    }
  }

  /** For {@link Backend#upload}: the values fill the matrix exactly. */
  public static void upload(float[] values, int rows, int columns) {
    if (rows < 0 || columns < 0 || values.length != (long) rows * columns) {
      throw new BackendException(
          "upload: %d values do not fill %s".formatted(values.length, shape(rows, columns)));
    }
  }

  /**
   * For {@link Forward#indices}.
   *
   * @return the largest, or -1 if there are none
   */
  public static int indices(int[] rows) {
    int largest = -1;
    for (int i = 0; i < rows.length; i++) {
      if (rows[i] < 0) {
        throw new BackendException(
            "indices: row number %d (at %d) is negative".formatted(rows[i], i));
      }
      largest = Math.max(largest, rows[i]);
    }
    return largest;
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
  public static String shape(Operand operand) {
    return shape(operand.rows(), operand.columns());
  }

  private static String shape(int rows, int columns) {
    return "[" + rows + ", " + columns + "]";
  }

  private static void requireNorm(String operation, HeadNorm norm, AttentionShape shape) {
    requireOptional(operation, "norm", norm.weight(), 1, shape.headSize());
  }

  private static void requireRotary(
      String operation, Rotary rotary, int rows, AttentionShape shape) {
    if (rotary.rows() != rows || 2 * rotary.pairs() != shape.headSize()) {
      throw new BackendException(
          "%s: rotary %s does not fit %d rows of heads of size %d"
              .formatted(operation, shape(rotary.rows(), rotary.pairs()), rows, shape.headSize()));
    }
  }

  private static void requireLayer(String operation, int layer) {
    if (layer < 0) {
      throw new BackendException("%s: layer %d".formatted(operation, layer));
    }
  }

  private static void requireOptional(
      String operation, String name, @Nullable Tensor tensor, int rows, int columns) {
    if (tensor != null) {
      requireShape(operation, name, tensor, rows, columns);
    }
  }

  private static void requireShape(
      String operation, String name, Operand operand, int rows, int columns) {
    if (operand.rows() != rows || operand.columns() != columns) {
      throw new BackendException(
          "%s: %s is %s, expected %s"
              .formatted(operation, name, shape(operand), shape(rows, columns)));
    }
  }

  private static void requireShape(
      String operation,
      String name,
      Operand operand,
      String otherName,
      Operand other,
      int rows,
      int columns) {
    if (operand.rows() != rows || operand.columns() != columns) {
      throw new BackendException(
          "%s: %s %s does not fit %s %s"
              .formatted(operation, name, shape(operand), otherName, shape(other)));
    }
  }

  private static void requireRows(
      String operation, String name, Indices indices, int rows, int columns) {
    if (indices.largest() >= rows) {
      throw new BackendException(
          "%s: row number %d is not a row of %s %s"
              .formatted(operation, indices.largest(), name, shape(rows, columns)));
    }
  }
}
