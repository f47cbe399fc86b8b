package dev.vl4j.kernels;

import java.util.Objects;

/**
 * A device that a backend can be opened on.
 *
 * @param number what it is called by: {@code NAME:NUMBER}; 0 or more, and not necessarily in a row
 * @param name for people: {@code NVIDIA H100 80GB HBM3}
 * @param memoryBytes memory of its own, in bytes; 0 if it has none, or does not tell
 */
public record Device(int number, String name, long memoryBytes) {
  /**
   * @throws BackendException if a number is negative
   * @throws NullPointerException if the name is null
   */
  public Device {
    Objects.requireNonNull(name, "name");
    if (number < 0 || memoryBytes < 0) {
      throw new BackendException(
          "device: expected a number and bytes of 0 or more, found %d and %d"
              .formatted(number, memoryBytes));
    }
  }

  /** The machine's processors, which share the machine's memory with everything else. */
  public static Device host() {
    return new Device(
        0,
        "%s, %d processors"
            .formatted(
                System.getProperty("os.arch", "unknown processor"),
                Runtime.getRuntime().availableProcessors()),
        0);
  }

  /** {@code 0 (NVIDIA H100 80GB HBM3)}. */
  @Override
  public String toString() {
    return "%d (%s)".formatted(number, name);
  }
}
