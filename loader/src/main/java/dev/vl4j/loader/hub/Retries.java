package dev.vl4j.loader.hub;

import java.io.IOException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * How often something is tried, and how long the waits are: 1, 2, 4 and 8 seconds and up to a
 * quarter more, so that many machines do not come back at once, or as long as the hub asked for.
 */
final class Retries {
  private static final int ATTEMPTS = 5;
  private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
  private static final Duration LONGEST_WISH = Duration.ofMinutes(5);

  private final String what;
  private final HubListener listener;
  private final Surroundings surroundings;
  private int failures;

  Retries(String what, HubListener listener, Surroundings surroundings) {
    this.what = what;
    this.listener = listener;
    this.surroundings = surroundings;
  }

  /** Something that may fail for now. */
  interface Attempt<T> {
    T run() throws IOException;
  }

  /** Runs it until it succeeds. */
  static <T> T run(
      String what, HubListener listener, Surroundings surroundings, Attempt<T> attempt) {
    Retries retries = new Retries(what, listener, surroundings);
    while (true) {
      try {
        return attempt.run();
      } catch (IOException e) {
        retries.pause(e);
      }
    }
  }

  /** Forgets failures, because the last attempt got something done. */
  void reset() {
    failures = 0;
  }

  /**
   * Waits before another attempt.
   *
   * @throws HubException if there is to be none
   */
  void pause(IOException failure) {
    String reason = HubException.reason(failure);
    if (isDistrust(failure)) {
      throw new HubException(
          ("%s: no secure connection: %s"
                  + " (VL4J_JAVA_OPTS=-Djavax.net.ssl.trustStore=FILE trusts others)")
              .formatted(what, reason),
          failure);
    }
    failures++;
    if (failures == ATTEMPTS) {
      throw new HubException.Unreachable(
          "%s: gave up after %d attempts: %s".formatted(what, ATTEMPTS, reason), failure);
    }
    Duration wait = waitAfter(failure);
    if (wait.compareTo(LONGEST_WISH) > 0) {
      throw new HubException(
          "%s: %s; the hub asks to come back in %d s".formatted(what, reason, wait.toSeconds()),
          failure);
    }
    listener.note(
        "%s: %s; attempt %d of %d follows in %.1f s"
            .formatted(what, reason, failures + 1, ATTEMPTS, wait.toMillis() / 1e3));
    try {
      surroundings.sleep(wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HubException(what + ": interrupted", e);
    }
  }

  /** A certificate that is not trusted stays so; a connection cut within TLS comes back. */
  private static boolean isDistrust(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException || cause instanceof SSLPeerUnverifiedException) {
        return true;
      }
    }
    return false;
  }

  private Duration waitAfter(IOException failure) {
    if (failure instanceof TransientFailure passing && passing.wish() != null) {
      return passing.wish();
    }
    Duration wait = FIRST_WAIT.multipliedBy(1L << (failures - 1));
    return wait.plusMillis(ThreadLocalRandom.current().nextLong(wait.toMillis() / 4));
  }
}
