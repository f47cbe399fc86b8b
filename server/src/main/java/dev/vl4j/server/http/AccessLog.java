package dev.vl4j.server.http;

import dev.vl4j.server.log.Event;
import dev.vl4j.server.log.EventLog;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** One event for each request. */
final class AccessLog {
  private static final String LOGGER = "vl4j.access";
  private static final int MOST_REASON = 200;

  private final EventLog log;

  AccessLog(EventLog log) {
    this.log = log;
  }

  /**
   * A request that was answered.
   *
   * @param scheme by which the client asked, http or https
   * @param status of the answer; 499 if the client did not wait for it
   * @param nanos from the request's first byte read to the answer's last byte written
   * @param reason why the request was refused or failed, if it was
   */
  record Line(
      String requestId,
      String client,
      String scheme,
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
    boolean judged = line.documents > 0;
    log.write(
        Event.of(Event.Level.INFO, LOGGER)
            .with("request", line.requestId)
            .with("client", line.client)
            .with("scheme", line.scheme)
            .with("method", line.method)
            .with("path", line.path)
            .with("status", line.status)
            .with("bytes_in", line.bytesIn)
            .with("bytes_out", line.bytesOut)
            .with("ms", BigDecimal.valueOf(Math.round(line.nanos / 1e5), 1))
            .with("documents", judged ? line.documents : null)
            .with("tokens", judged ? line.tokens : null)
            .with("reason", line.reason == null ? null : cut(line.reason)));
  }

  /** Reasons quote what clients have sent, which may be long. */
  private static String cut(String reason) {
    return reason.length() <= MOST_REASON ? reason : reason.substring(0, MOST_REASON) + "...";
  }
}
