package dev.vl4j.loader.hub;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A failure that another try may not meet. */
final class TransientFailure extends IOException {
  private static final long serialVersionUID = 1L;

  private final @Nullable Duration wait;

  TransientFailure(String message) {
    this(message, null);
  }

  TransientFailure(String message, @Nullable Duration wait) {
    super(message);
    this.wait = wait;
  }

  /** How long the hub asked to wait, or null if it did not. */
  @Nullable Duration wish() {
    return wait;
  }
}
