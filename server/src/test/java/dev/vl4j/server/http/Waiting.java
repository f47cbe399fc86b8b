package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits of tests for what happens some time later. */
public final class Waiting {
  /** Less than tests have, so that a failure says what was waited for. */
  private static final Duration PATIENCE = Duration.ofSeconds(45);

  private Waiting() {}

  public static void until(BooleanSupplier condition) throws InterruptedException {
    until(condition, () -> "what the calling line names");
  }

  /**
   * Returns when a condition holds.
   *
   * @param what it is, and what there was instead, for the failure's message
   */
  static void until(BooleanSupplier condition, Supplier<String> what) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(end - System.nanoTime()).as(() -> "waiting for " + what.get()).isPositive();
      Thread.sleep(5);
    }
  }
}
