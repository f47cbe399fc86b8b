package dev.vl4j.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of the table that {@code bench/cuda/run.sh} ends with, in Markdown. Each is printed, and
 * appended to a file, as soon as it is known.
 */
public final class ResultTable {
  /** What a row comes to. */
  public enum Verdict {
    /** The bar is reached. */
    PASS("pass"),
    /** A bar of speed or memory is missed. */
    MISS("MISS"),
    /** Something is not as it must be. */
    WRONG("WRONG"),
    /** A figure without a bar: the sizes are not those that the bar is for. */
    FIGURE("-"),
    /** What it takes was not there, or failed. */
    NOT_MEASURED("not measured");

    private final String word;

    Verdict(String word) {
      this.word = word;
    }

    /** Of a bar of speed, where bars apply at all. */
    public static Verdict of(boolean bars, boolean reached) {
      if (!bars) {
        return FIGURE;
      }
      return reached ? PASS : MISS;
    }

    /** Of what must be so on any machine and in any size. */
    public static Verdict required(boolean reached) {
      return reached ? PASS : WRONG;
    }
  }

  private final @Nullable Path file;
  private boolean isAnyWrong;

  /**
   * @param file that rows are appended to; null for none
   */
  public ResultTable(@Nullable Path file) {
    this.file = file;
  }

  /** A row without a peer. */
  public void add(String what, String bar, String ours, Verdict verdict) {
    add(what, bar, ours, "", "", verdict);
  }

  /**
   * A row.
   *
   * @param theirs PyTorch's figure
   * @param ratio how many times as fast, or as exact, this is
   */
  public void add(
      String what, String bar, String ours, String theirs, String ratio, Verdict verdict) {
    isAnyWrong |= verdict == Verdict.WRONG;
    String row =
        List.of(what, bar, ours, theirs, ratio, verdict.word).stream()
            .map(cell -> cell.replace('|', '/').replace('\n', ' '))
            .reduce("|", (line, cell) -> line + " " + cell + " |");
    System.out.println(row);
    if (file != null) {
      try {
        Files.writeString(file, row + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Whether a row says that something is wrong. */
  public boolean isAnyWrong() {
    return isAnyWrong;
  }
}
