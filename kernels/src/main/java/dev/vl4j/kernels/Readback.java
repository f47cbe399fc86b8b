package dev.vl4j.kernels;

import java.util.Objects;

/** Elements on their way to the host. They arrive also where the forward is closed meanwhile. */
public interface Readback {
  /**
   * Elements that are here already, as those of a backend that computes each operation at once.
   *
   * @param elements row-major, handed out as they are
   */
  static Readback of(float[] elements) {
    Objects.requireNonNull(elements, "elements");
    return new Readback() {
      @Override
      public boolean isDone() {
        return true;
      }

      @Override
      public float[] await() {
        return elements;
      }
    };
  }

  /** Whether {@link #await} would return at once. */
  boolean isDone();

  /**
   * Waits for the elements, row-major.
   *
   * @throws BackendException if the device has failed on them or on what they are made of
   */
  float[] await();
}
