package dev.vl4j.server.vectors;

import java.util.regex.Pattern;

/** Tab-separated values, as spreadsheets and Python's csv read them. */
public final class Tsv {
  private static final Pattern BREAKS = Pattern.compile("[\\p{Cntrl}\\x{2028}\\x{2029}]+");

  private Tsv() {}

  /** A text as a field of one line; one that holds a quote is in quotes. */
  public static String field(String text) {
    String line = BREAKS.matcher(text).replaceAll(" ");
    return line.indexOf('"') < 0 ? line : '"' + line.replace("\"", "\"\"") + '"';
  }
}
