package dev.vl4j.kernels;

/** Elements on their way to the host. They arrive also where the forward is closed meanwhile. */
public interface Readback {
  /** Whether {@link #await} would return at once. */
  boolean isDone();

  /**
   * Waits for the elements, row-major.
   *
   * @throws BackendException if the device has failed on them or on what they are made of
   */
  float[] await();
}
