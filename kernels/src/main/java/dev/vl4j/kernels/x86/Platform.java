package dev.vl4j.kernels.x86;

import dev.vl4j.kernels.tier.Architecture;

/** Where emitted code can be executed at all. */
final class Platform {
  private Platform() {}

  /** Why it cannot be executed on this processor or system; empty if it can. */
  static String refusal() {
    if (Architecture.current() != Architecture.X86_64) {
      return "the processor is " + System.getProperty("os.arch", "");
    }
    String system = System.getProperty("os.name", "");
    return system.equals("Linux") || system.startsWith("Mac")
        ? ""
        : "kernels are called as on Linux and macOS, and this is " + system;
  }
}
