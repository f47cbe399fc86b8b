package dev.vl4j.kernels;

import java.util.Objects;

/**
 * Whether the processor backend uses an instruction set for its matrix products.
 *
 * @param name what the property {@code vl4j.cpu.tier} calls it
 * @param usable whether its kernels can run here
 * @param detail why they cannot, or are not to; or what they are used for
 */
public record InstructionSetReport(String name, boolean usable, String detail) {
  /**
   * @throws NullPointerException if the name or the detail is null
   */
  public InstructionSetReport {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(detail, "detail");
  }
}
