package dev.vl4j.engine.limits;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.RequestCancelledException;

/** A guard with a budget that counts what is asked of it. */
public final class Meter implements WorkGuard {
  private final long budget;
  private final int checks;
  private long reserved;
  private long most;
  private int checked;

  /**
   * @param budget bytes that may be reserved at once
   * @param checks how many checks pass before the work is cancelled
   */
  public Meter(long budget, int checks) {
    this.budget = budget;
    this.checks = checks;
  }

  @Override
  public void check() {
    if (++checked > checks) {
      throw new RequestCancelledException("cancelled");
    }
  }

  @Override
  public void reserve(long bytes) {
    if (bytes > budget - reserved) {
      throw new OverloadedException("no memory");
    }
    reserved += bytes;
    most = Math.max(most, reserved);
  }

  @Override
  public void release(long bytes) {
    reserved -= bytes;
  }

  @Override
  public long maxPixels() {
    return DEFAULT_MAX_PIXELS;
  }

  /** Bytes that are reserved now. */
  public long reserved() {
    return reserved;
  }

  /** The most bytes that were reserved at once. */
  public long most() {
    return most;
  }

  /** How often work was checked. */
  public int checked() {
    return checked;
  }
}
