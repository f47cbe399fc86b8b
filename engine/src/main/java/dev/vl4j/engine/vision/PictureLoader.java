package dev.vl4j.engine.vision;

/** Starts work that makes pictures ready, on threads that are not the caller's. */
public interface PictureLoader {
  /** Does the work at once, on the caller's thread. */
  PictureLoader SAME_THREAD = Runnable::run;

  /**
   * Starts work.
   *
   * @throws RuntimeException if there is no thread for it now
   */
  void start(Runnable work);
}
