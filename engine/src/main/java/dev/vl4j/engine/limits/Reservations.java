package dev.vl4j.engine.limits;

/** Remembers what one task has reserved, so that nothing stays reserved however it ends. */
public final class Reservations implements WorkGuard, AutoCloseable {
  private final WorkGuard guard;
  private long held;

  public Reservations(WorkGuard guard) {
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
  public void handOver(long bytes) {
    held -= bytes;
  }

  @Override
  public void close() {
    guard.release(held);
    held = 0;
  }
}
