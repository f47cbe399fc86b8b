package dev.vl4j.engine.vision;

import dev.vl4j.engine.limits.WorkGuard;
import java.time.Duration;

/** A guard that remembers what it is asked, and whose time is over after a while. */
final class BoundedGuard implements WorkGuard {
  private final long maxPixels;
  private final long deadline;
  private long held;
  private long most;
  private long checks;

  BoundedGuard(long maxPixels, Duration time) {
    this.maxPixels = maxPixels;
    deadline = System.nanoTime() + time.toNanos();
  }

  @Override
  public void check() {
    checks++;
    if (System.nanoTime() > deadline) {
      throw new AssertionError("it takes too long");
    }
  }

  @Override
  public void reserve(long bytes) {
    held += bytes;
    most = Math.max(most, held);
  }

  @Override
  public void release(long bytes) {
    held -= bytes;
  }

  @Override
  public long maxPixels() {
    return maxPixels;
  }

  /** Bytes that are reserved now. */
  long held() {
    return held;
  }

  /** The most that were reserved at once. */
  long most() {
    return most;
  }

  long checks() {
    return checks;
  }
}
