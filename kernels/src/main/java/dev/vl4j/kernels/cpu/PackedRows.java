package dev.vl4j.kernels.cpu;

import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Operands;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which matrix row stands in which column of a prepared weight's panels.
 *
 * <p>Stacked matrices follow each other. Of a gated pair, a panel's first half is rows of the gate
 * and its second half the same rows of the other, so that one tile of sums holds all that one tile
 * of {@code silu(gate) * up} needs.
 *
 * @param columns the row in each column, for whole panels; null where none stands
 * @param panel columns of a panel
 * @param outFeatures length of an output row
 * @param inFeatures length of an input row
 */
record PackedRows(
    List<@Nullable Row> columns, int panel, int outFeatures, int inFeatures, boolean gated) {
  /** A row of a matrix. */
  record Row(HostMatrix matrix, int index) {}

  static PackedRows stacked(List<HostMatrix> parts, int panel) {
    Operands.prepare(parts);
    List<@Nullable Row> columns = new ArrayList<>();
    for (HostMatrix part : parts) {
      addRows(columns, part, 0, part.rows());
    }
    int outFeatures = columns.size();
    fillPanel(columns, panel);
    return new PackedRows(columns, panel, outFeatures, parts.getFirst().columns(), false);
  }

  static PackedRows gated(HostMatrix gate, HostMatrix up, int panel) {
    Operands.prepareGated(gate, up);
    List<@Nullable Row> columns = new ArrayList<>();
    int half = panel / 2;
    for (int first = 0; first < gate.rows(); first += half) {
      int last = Math.min(gate.rows(), first + half);
      for (HostMatrix matrix : List.of(gate, up)) {
        addRows(columns, matrix, first, last);
        fillPanel(columns, half);
      }
    }
    return new PackedRows(columns, panel, gate.rows(), gate.columns(), true);
  }

  private static void addRows(List<@Nullable Row> columns, HostMatrix matrix, int from, int to) {
    for (int row = from; row < to; row++) {
      columns.add(new Row(matrix, row));
    }
  }

  private static void fillPanel(List<@Nullable Row> columns, int width) {
    while (columns.size() % width != 0) {
      columns.add(null);
    }
  }

  int panels() {
    return columns.size() / panel;
  }

  /** The matrices, each once. */
  List<HostMatrix> matrices() {
    return columns.stream().filter(row -> row != null).map(Row::matrix).distinct().toList();
  }
}
