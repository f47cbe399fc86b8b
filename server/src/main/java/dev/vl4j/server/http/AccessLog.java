package dev.vl4j.server.http;

import java.io.PrintStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One line for each request, as {@code key=value} pairs (logfmt). */
final class AccessLog {
  private static final int MOST_REASON = 200;

  private final PrintStream out;

  AccessLog(PrintStream out) {
    this.out = out;
  }

  /**
   * A request that was answered.
   *
   * @param status of the answer; 499 if the client did not wait for it
   * @param nanos from the request's first byte read to the answer's last byte written
   * @param reason why the request was refused or failed, if it was
   */
  record Line(
      String requestId,
      String client,
      String method,
      String path,
      int status,
      long bytesIn,
      long bytesOut,
      long nanos,
      int documents,
      long tokens,
      @Nullable String reason) {}

  void write(Line line) {
    StringBuilder text =
        new StringBuilder("time=")
            .append(Instant.now().truncatedTo(ChronoUnit.MILLIS))
            .append(" request=")
            .append(quoted(line.requestId))
            .append(" client=")
            .append(quoted(line.client))
            .append(" method=")
            .append(quoted(line.method))
            .append(" path=")
            .append(quoted(line.path))
            .append(" status=")
            .append(line.status)
            .append(" bytes_in=")
            .append(line.bytesIn)
            .append(" bytes_out=")
            .append(line.bytesOut)
            .append(String.format(Locale.ROOT, " ms=%.1f", line.nanos / 1e6));
    if (line.documents > 0) {
      text.append(" documents=").append(line.documents).append(" tokens=").append(line.tokens);
    }
    if (line.reason != null) {
      text.append(" reason=").append(quoted(cut(line.reason)));
    }
    out.println(text);
  }

  /** Reasons quote what clients have sent, which may be long. */
  private static String cut(String reason) {
    return reason.length() <= MOST_REASON ? reason : reason.substring(0, MOST_REASON) + "...";
  }

  /** A value as one word, whatever a client put into it. */
  private static String quoted(String value) {
    boolean plain =
        !value.isEmpty()
            && value
                .chars()
                .allMatch(c -> c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\');
    if (plain) {
      return value;
    }
    StringBuilder out = new StringBuilder("\"");
    value
        .chars()
        .forEach(c -> {
          if (c == '"' || c == '\\') {
            out.append('\\').append((char) c);
          } else if (c < ' ' || c >= 0x7f) {
            out.append("\\u%04x".formatted(c));
          } else {
            out.append((char) c);
          }
        });
    return out.append('"').toString();
  }
}
