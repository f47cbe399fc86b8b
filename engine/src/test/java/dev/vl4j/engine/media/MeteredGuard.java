package dev.vl4j.engine.media;

import dev.vl4j.engine.DeadlineExceededException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.RequestCancelledException;
import java.time.Duration;

/** A guard with limits of its own that counts what is asked of it. */
public final class MeteredGuard implements MediaGuard {
  private long budget = 1L << 30;
  private long maxPixels = 178_956_970;
  private long checksLeft = Long.MAX_VALUE;
  private long deadline = Long.MAX_VALUE;
  private long held;
  private long most;
  private long checks;

  /** One that holds nobody up. */
  public MeteredGuard() {}

  /** Refuses memory beyond some bytes. */
  public MeteredGuard withBudget(long bytes) {
    budget = bytes;
    return this;
  }

  /** Takes pictures up to a size. */
  public MeteredGuard withMaxPixels(long pixels) {
    maxPixels = pixels;
    return this;
  }

  /** Is cancelled after some checks. */
  public MeteredGuard withChecks(long count) {
    checksLeft = count;
    return this;
  }

  /** Is late after some time, from now on. */
  public MeteredGuard withTime(Duration time) {
    deadline = System.nanoTime() + time.toNanos();
    return this;
  }

  @Override
  public void check() {
    checks++;
    if (checksLeft-- <= 0 || Thread.currentThread().isInterrupted()) {
      throw new RequestCancelledException("cancelled");
    }
    if (deadline != Long.MAX_VALUE && System.nanoTime() - deadline > 0) {
      throw new DeadlineExceededException("late");
    }
  }

  @Override
  public void reserve(long bytes) {
    if (bytes < 0 || bytes > budget - held) {
      throw new OverloadedException("no memory for %d bytes".formatted(bytes));
    }
    held += bytes;
    most = Math.max(most, held);
  }

  @Override
  public void release(long bytes) {
    if (bytes < 0 || bytes > held) {
      throw new AssertionError("%d bytes given back of %d".formatted(bytes, held));
    }
    held -= bytes;
  }

  @Override
  public long maxPixels() {
    return maxPixels;
  }

  /** Bytes that are reserved now. */
  public long held() {
    return held;
  }

  /** The most bytes that were reserved at once. */
  public long most() {
    return most;
  }

  /** How often work was checked. */
  public long checks() {
    return checks;
  }
}
