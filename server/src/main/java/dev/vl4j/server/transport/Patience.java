package dev.vl4j.server.transport;

import java.time.Duration;

/**
 * How long clients are waited for.
 *
 * @param head for a request's head, from its first byte
 * @param pause for the next bytes of a body or of an answer's reader
 * @param body for all of a body
 * @param bytesPerSecond which a body must come by, and an answer be read by, on average and after
 *     the first pause
 * @param idle for the next request of a connection
 */
public record Patience(
    Duration head, Duration pause, Duration body, long bytesPerSecond, Duration idle) {
  /** Longer than the 60 seconds for which proxies keep their connections. */
  private static final Duration IDLE = Duration.ofSeconds(75);

  public static final Patience DEFAULT =
      new Patience(
          Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofMinutes(5), 16 << 10, IDLE);

  public Patience withHead(Duration head) {
    return new Patience(head, pause, body, bytesPerSecond, idle);
  }

  public Patience withPause(Duration pause) {
    return new Patience(head, pause, body, bytesPerSecond, idle);
  }

  public Patience withBody(Duration body) {
    return new Patience(head, pause, body, bytesPerSecond, idle);
  }

  public Patience withIdle(Duration idle) {
    return new Patience(head, pause, body, bytesPerSecond, idle);
  }

  /**
   * When the next bytes must have come.
   *
   * @param begin when the first were waited for, by {@link System#nanoTime}
   * @param bytes how many there are
   */
  long next(long begin, long bytes) {
    long byPause = System.nanoTime() + pause.toNanos();
    long bySpeed = begin + pause.toNanos() + (long) (bytes * 1e9 / bytesPerSecond);
    return byPause - bySpeed < 0 ? byPause : bySpeed;
  }
}
