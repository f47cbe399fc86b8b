package dev.vl4j.engine.media;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The work on one file under a guard. It knows how much memory it holds, which {@link #close} gives
 * back, and what the guard threw: a library between the two may lose an exception on its way, or
 * turn it into one of its own.
 */
public final class MediaWork implements MediaGuard, AutoCloseable {
  private final MediaGuard guard;
  private @Nullable RuntimeException stop;
  private long held;

  /**
   * @param guard whose limits hold
   */
  public MediaWork(MediaGuard guard) {
    this.guard = Objects.requireNonNull(guard, "guard");
  }

  @Override
  public void check() {
    try {
      guard.check();
    } catch (RuntimeException e) {
      stop = e;
      throw e;
    }
  }

  @Override
  public void reserve(long bytes) {
    try {
      guard.reserve(bytes);
    } catch (RuntimeException e) {
      stop = e;
      throw e;
    }
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

  /** What the guard threw last, or null. */
  public @Nullable RuntimeException stop() {
    return stop;
  }

  /** Gives back all that is held. */
  @Override
  public void close() {
    release(held);
  }
}
