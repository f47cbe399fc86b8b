package dev.vl4j.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A table for people: columns as wide as their widest cell, numbers to the right. */
final class Table {
  private static final int LONGEST_PREVIEW = 72;

  private final List<List<String>> rows = new ArrayList<>();
  private final int leftColumn;

  /**
   * An empty table.
   *
   * @param header one name for each column; all but the last are aligned right
   */
  Table(String... header) {
    rows.add(List.of(header));
    leftColumn = header.length - 1;
  }

  void add(String... cells) {
    if (cells.length != leftColumn + 1) {
      throw new IllegalArgumentException(cells.length + " cells, " + (leftColumn + 1) + " columns");
    }
    rows.add(List.of(cells));
  }

  /** The table, each line beginning with {@code indent}. */
  String render(String indent) {
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      text.append(indent);
      for (int column = 0; column < leftColumn; column++) {
        text.append(" ".repeat(width(column) - row.get(column).length()));
        text.append(row.get(column)).append("  ");
      }
      text.append(row.get(leftColumn)).append('\n');
    }
    return text.toString();
  }

  private int width(int column) {
    return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
  }

  /** Four decimals, or two significant digits of a probability that four would show as zero. */
  static String score(double score) {
    return String.format(Locale.ROOT, score >= 0.00005 ? "%.4f" : "%.1e", score);
  }

  static String logit(double logit) {
    return String.format(Locale.ROOT, "%+.3f", logit);
  }

  /** The beginning of a text, on one line. */
  static String preview(String text) {
    return preview(text, LONGEST_PREVIEW);
  }

  /** The same of at most {@code longest} characters. */
  static String preview(String text, int longest) {
    String line = text.strip().replaceAll("\\s+", " ").replaceAll("\\p{Cntrl}", "?");
    return line.codePointCount(0, line.length()) <= longest
        ? line
        : line.substring(0, line.offsetByCodePoints(0, longest - 3)) + "...";
  }
}
