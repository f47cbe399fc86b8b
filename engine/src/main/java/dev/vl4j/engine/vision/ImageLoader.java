package dev.vl4j.engine.vision;

/** Starts work that makes images ready, on threads that are not the caller's. */
public interface ImageLoader {
  /** Does the work at once, on the caller's thread. */
  ImageLoader SAME_THREAD = Runnable::run;

  /**
   * Starts work.
   *
   * @throws RuntimeException if there is no thread for it now
   */
  void start(Runnable work);
}
