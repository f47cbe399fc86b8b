package dev.vl4j.engine.limits;

/** Waits to the end even where the thread is interrupted, which it is told afterwards. */
public final class Uninterruptibly {
  /** What is waited for. */
  @FunctionalInterface
  public interface Waiting {
    /**
     * Waits for some nanoseconds at most, and says whether it came.
     *
     * @throws InterruptedException if the thread is interrupted before
     */
    boolean await(long nanos) throws InterruptedException;
  }

  private Uninterruptibly() {}

  /** Waits for some nanoseconds at most, and says whether it came. */
  public static boolean within(long nanos, Waiting waiting) {
    long start = System.nanoTime();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return waiting.await(Math.max(nanos - (System.nanoTime() - start), 0));
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
