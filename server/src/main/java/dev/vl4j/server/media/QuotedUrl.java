package dev.vl4j.server.media;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * URLs as people and servers write them, with what RFC 3986 wants quoted. As browsers do: blanks
 * around are dropped, and so is a fragment; in path and query, characters that may not stand there
 * become their UTF-8 bytes in hexadecimal, and escapes that are there stay. Scheme, host, port and
 * control characters are left alone, for others to refuse.
 */
final class QuotedUrl {
  /** As RFC 3986 takes a reference apart, in its appendix B. */
  private static final Pattern PARTS =
      Pattern.compile("((?:[^:/?#]+:)?(?://[^/?#]*)?)([^?#]*)(\\?[^#]*)?(?:#.*)?", Pattern.DOTALL);

  private static final Pattern ESCAPE = Pattern.compile("%[0-9A-Fa-f]{2}");

  private static final String SYMBOLS = "-._~!$&'()*+,;=:@/?";

  private QuotedUrl() {}

  /** An absolute URL, or a reference. */
  static String of(String url) {
    Matcher parts = PARTS.matcher(url.strip());
    if (!parts.matches()) {
      throw new IllegalStateException("every text has these parts");
    }
    String query = parts.group(3);
    return parts.group(1) + quoted(parts.group(2)) + (query == null ? "" : quoted(query));
  }

  private static String quoted(String text) {
    Matcher escape = ESCAPE.matcher(text);
    StringBuilder quoted = new StringBuilder();
    for (int at = 0; at < text.length(); ) {
      int character = text.codePointAt(at);
      int length = Character.charCount(character);
      boolean stays =
          character == '%'
              ? escape.region(at, text.length()).lookingAt()
              : isPlain(character) || Character.isISOControl(character);
      if (stays) {
        quoted.appendCodePoint(character);
      } else {
        for (byte octet : text.substring(at, at + length).getBytes(StandardCharsets.UTF_8)) {
          quoted.append("%%%02X".formatted(octet & 0xff));
        }
      }
      at += length;
    }
    return quoted.toString();
  }

  private static boolean isPlain(int character) {
    return (character >= 'a' && character <= 'z')
        || (character >= 'A' && character <= 'Z')
        || (character >= '0' && character <= '9')
        || SYMBOLS.indexOf(character) >= 0;
  }
}
