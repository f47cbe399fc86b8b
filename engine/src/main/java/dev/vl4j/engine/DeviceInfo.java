package dev.vl4j.engine;

import java.util.Objects;

/**
 * A device that engines compute on.
 *
 * @param backend the backend's name, which decides scores to the last bit
 * @param number the device's number within the backend
 * @param name the device's name, for people: {@code NVIDIA H100 80GB HBM3}
 */
public record DeviceInfo(String backend, int number, String name) {
  /**
   * @throws NullPointerException if a name is null
   */
  public DeviceInfo {
    Objects.requireNonNull(backend, "backend");
    Objects.requireNonNull(name, "name");
  }

  /** {@code NAME:DEVICE}, which {@link ModelOptions#withBackend} takes. */
  @Override
  public String toString() {
    return backend + ":" + number;
  }
}
