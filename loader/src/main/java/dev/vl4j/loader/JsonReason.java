package dev.vl4j.loader;

import java.util.regex.Pattern;

/** Why a text is no JSON, in the parser's words but those about its own settings and sources. */
public final class JsonReason {
  /** The reason of a text that does not end with its first value, as JSON Lines do not. */
  public static final String MORE_FOLLOWS = "more follows behind its end";

  /** What the parser says of that, and behind it of Java's classes. */
  private static final String TRAILING = "Trailing token ";

  /** Where something began, which the parser keeps to itself, and how it could be told to go on. */
  private static final Pattern OWN_WORDS =
      Pattern.compile(
          " \\((?:start marker|for \\w+ starting) at \\[Source: [^\\]]{0,200}\\]\\)"
              + "|, from `[^`]{0,200}`(?=\\))"
              + "|: enable `[^`]{0,200}` to allow$"
              + "| \\(not recognized as one since Feature [^)]{0,200}\\)$");

  private JsonReason() {}

  /**
   * The reason, on one line and cut where it is long.
   *
   * @param said the message of the parser's exception, without the place
   */
  public static String of(String said) {
    return said.startsWith(TRAILING)
        ? MORE_FOLLOWS
        : LoaderException.oneLine(OWN_WORDS.matcher(said).replaceAll(""));
  }
}
