package dev.vl4j.kernels.cpu.family;

import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Operands;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which matrix row stands in which column of a prepared weight's panels.
 *
 * <p>Stacked matrices follow each other. Of a gated pair, a panel's first half is rows of the gate
 * and its second half the same rows of the other, so that one tile of sums holds all that one tile
 * of {@code silu(gate) * up} needs.
 */
public final class PackedRows {
  private final List<HostMatrix> matrices;
  private final boolean gated;
  private final int panel;

  /** Made when it is first asked for: who finds a weight packed needs none. */
  private @Nullable List<@Nullable Row> columns;

  /** A row of a matrix. */
  public record Row(HostMatrix matrix, int index) {
    /**
     * Reads part of it as bfloat16, rounded to nearest even where it is stored otherwise.
     *
     * @param from the first element
     * @param bits get the elements, and zeros after them
     */
    public void readBf16(int from, short[] bits, int count) {
      long at = (long) index * matrix.columns() + from;
      if (matrix.dtype() == DType.BF16) {
        MemorySegment.copy(
            matrix.data(), ValueLayout.JAVA_SHORT_UNALIGNED, at * Short.BYTES, bits, 0, count);
      } else {
        for (int k = 0; k < count; k++) {
          float rounded = Formats.roundToBf16(matrix.element(at + k));
          bits[k] = (short) (Float.floatToRawIntBits(rounded) >>> Short.SIZE);
        }
      }
      Arrays.fill(bits, count, bits.length, (short) 0);
    }
  }

  private PackedRows(List<HostMatrix> matrices, boolean gated, int panel) {
    this.matrices = List.copyOf(matrices);
    this.gated = gated;
    this.panel = panel;
  }

  public static PackedRows stacked(List<HostMatrix> parts, int panel) {
    Operands.prepare(parts);
    return new PackedRows(parts, false, panel);
  }

  public static PackedRows gated(HostMatrix gate, HostMatrix up, int panel) {
    Operands.prepareGated(gate, up);
    return new PackedRows(List.of(gate, up), true, panel);
  }

  /** The matrices, in the order in which they were given. */
  public List<HostMatrix> matrices() {
    return matrices;
  }

  /** Whether they are a gated pair. */
  public boolean gated() {
    return gated;
  }

  /** Columns of a panel. */
  int panel() {
    return panel;
  }

  public int panels() {
    return Math.ceilDiv(outFeatures(), gated ? panel / 2 : panel);
  }

  /** Length of an output row. */
  int outFeatures() {
    return gated ? matrices.getFirst().rows() : matrices.stream().mapToInt(HostMatrix::rows).sum();
  }

  /** Length of an input row. */
  int inFeatures() {
    return matrices.getFirst().columns();
  }

  /** Names what the rows are, with formats and shapes: weights of one name hold the same. */
  public String name() {
    return matrices.stream()
        .map(part ->
            "%s %s[%d, %d]".formatted(part.name(), part.dtype(), part.rows(), part.columns()))
        .collect(Collectors.joining(" + ", gated ? "gated " : "", ""));
  }

  /** The row in each column, for whole panels; null where none stands. */
  public synchronized List<@Nullable Row> columns() {
    if (columns == null) {
      columns = gated ? gatedColumns() : stackedColumns();
    }
    return columns;
  }

  private List<@Nullable Row> stackedColumns() {
    List<@Nullable Row> rows = new ArrayList<>();
    for (HostMatrix part : matrices) {
      addRows(rows, part, 0, part.rows());
    }
    fillPanel(rows, panel);
    return rows;
  }

  private List<@Nullable Row> gatedColumns() {
    List<@Nullable Row> rows = new ArrayList<>();
    int half = panel / 2;
    for (int first = 0; first < outFeatures(); first += half) {
      int last = Math.min(outFeatures(), first + half);
      for (HostMatrix matrix : matrices) {
        addRows(rows, matrix, first, last);
        fillPanel(rows, half);
      }
    }
    return rows;
  }

  private static void addRows(List<@Nullable Row> rows, HostMatrix part, int from, int to) {
    for (int row = from; row < to; row++) {
      rows.add(new Row(part, row));
    }
  }

  private static void fillPanel(List<@Nullable Row> rows, int width) {
    while (rows.size() % width != 0) {
      rows.add(null);
    }
  }
}
