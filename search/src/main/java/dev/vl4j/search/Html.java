package dev.vl4j.search;

import java.util.Base64;
import java.util.regex.Pattern;

/** Pieces of a page. What strangers have written goes through {@link #text} or {@link #file}. */
final class Html {
  /**
   * Signs that are not seen and change how others are: control characters, and those that turn the
   * direction of a text, by which a name could look like another one.
   */
  private static final Pattern UNSEEN =
      Pattern.compile(
          "[\\p{Cntrl}&&[^\\n\\t]]|[\\x{202A}-\\x{202E}\\x{2066}-\\x{2069}\\x{2028}\\x{2029}]");

  private Html() {}

  /** A text as it is to be read, also between the quotes of an attribute. */
  static String text(String text) {
    String seen = UNSEEN.matcher(text).replaceAll("\uFFFD");
    StringBuilder escaped = new StringBuilder(seen.length() + 16);
    for (int i = 0; i < seen.length(); i++) {
      char character = seen.charAt(i);
      switch (character) {
        case '&' -> escaped.append("&amp;");
        case '<' -> escaped.append("&lt;");
        case '>' -> escaped.append("&gt;");
        case '"' -> escaped.append("&quot;");
        case '\'' -> escaped.append("&#39;");
        default -> escaped.append(isLone(seen, i) ? '\uFFFD' : character);
      }
    }
    return escaped.toString();
  }

  /** Half of a character, which UTF-8 has no bytes for. */
  private static boolean isLone(String text, int place) {
    char character = text.charAt(place);
    if (Character.isHighSurrogate(character)) {
      return place + 1 == text.length() || !Character.isLowSurrogate(text.charAt(place + 1));
    }
    return Character.isLowSurrogate(character)
        && (place == 0 || !Character.isHighSurrogate(text.charAt(place - 1)));
  }

  /** A name of a file, whatever direction its letters have. */
  static String file(String name) {
    return "<bdi>" + text(name.replaceAll("[\\n\\t]", "\uFFFD")) + "</bdi>";
  }

  /** A JPEG that is part of the page. */
  static String picture(byte[] jpeg) {
    return "<img alt=\"\" src=\"data:image/jpeg;base64,"
        + Base64.getEncoder().encodeToString(jpeg)
        + "\">";
  }
}
