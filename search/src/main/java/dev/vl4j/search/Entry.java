package dev.vl4j.search;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one vector of an index stands for: a picture, or a piece of a text. A file's path and the
 * number are its identity.
 *
 * @param path of the file, from the indexed folder on, with {@code /} between names
 * @param kind what it is
 * @param number which piece or page of the file it is, counted from 1; 1 for what is whole
 * @param span where a piece of a text is in its file; null for everything else
 * @param text a piece of a text itself; null for everything else
 * @param preview a small JPEG of what can be seen, not to be changed; null for a text
 */
public record Entry(
    String path,
    EntryKind kind,
    int number,
    @Nullable TextSpan span,
    @Nullable String text,
    byte @Nullable [] preview) {
  /**
   * @throws NullPointerException if the path or the kind is null
   */
  public Entry {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(kind, "kind");
  }

  /** The place as people write it: {@code notes.md:12-40}, {@code report.pdf, page 3}. */
  public String place() {
    if (span != null) {
      return span.firstLine() == span.lastLine()
          ? path + ":" + span.firstLine()
          : path + ":" + span.firstLine() + "-" + span.lastLine();
    }
    return kind == EntryKind.PAGE ? path + ", page " + number : path;
  }

  Entry at(String otherPath) {
    return new Entry(otherPath, kind, number, span, text, preview);
  }
}
