package dev.vl4j.server.http;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.0, which some proxies and health checks still speak, nginx's by default among them, and
 * which the web server does not. A request of it becomes one of HTTP/1.1, after whose answer the
 * connection is closed, as HTTP/1.0 has it; an answer of HTTP/1.1 is allowed (RFC 9110, 6.2).
 */
final class FormerHttp {
  /** Longer heads stay as they are. */
  private static final int LONGEST_HEAD = 1 << 14;

  private static final String VERSION = " HTTP/1.0\r\n";
  private static final String HEAD_END = "\r\n\r\n";

  /** What a connection begins with; {@code former} if it was HTTP/1.0 before. */
  @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
  record Beginning(byte[] bytes, boolean former) {}

  private FormerHttp() {}

  /** What to read instead of a connection's first bytes, or null if more of them are needed. */
  static @Nullable Beginning read(byte[] bytes) {
    String begun = new String(bytes, StandardCharsets.ISO_8859_1);
    int line = begun.indexOf('\n') + 1;
    if (begun.length() < LONGEST_HEAD && line == 0) {
      return null;
    }
    if (line == 0 || !begun.substring(0, line).endsWith(VERSION)) {
      return new Beginning(bytes, false);
    }
    int end = begun.indexOf(HEAD_END);
    if (end < 0) {
      return begun.length() < LONGEST_HEAD ? null : new Beginning(bytes, false);
    }
    String fields = begun.substring(0, end).toLowerCase(Locale.ROOT);
    String converted =
        begun.substring(0, line - VERSION.length())
            + " HTTP/1.1\r\n"
            // HTTP/1.0 can do without, HTTP/1.1 cannot.
            + (fields.contains("\nhost:") ? "" : "Host: localhost\r\n")
            + begun.substring(line);
    return new Beginning(converted.getBytes(StandardCharsets.ISO_8859_1), true);
  }
}
