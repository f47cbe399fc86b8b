package dev.vl4j.engine.vision;

import dev.vl4j.engine.limits.WorkGuard;

/** Remembers what one image has reserved, so that nothing stays reserved however it ends. */
final class Reservations implements WorkGuard, AutoCloseable {
  private final WorkGuard guard;
  private long held;

  Reservations(WorkGuard guard) {
    this.guard = guard;
  }

  @Override
  public void check() {
    guard.check();
  }

  @Override
  public void reserve(long bytes) {
    guard.reserve(bytes);
    held += bytes;
  }

  @Override
  public void release(long bytes) {
    held -= bytes;
    guard.release(bytes);
  }

  @Override
  public long maxPixels() {
    return guard.maxPixels();
  }

  /** Leaves bytes reserved for whoever gets what they are for. */
  void handOver(long bytes) {
    held -= bytes;
  }

  @Override
  public void close() {
    guard.release(held);
    held = 0;
  }
}
