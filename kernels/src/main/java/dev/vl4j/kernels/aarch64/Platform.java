package dev.vl4j.kernels.aarch64;

import dev.vl4j.kernels.tier.Architecture;

/** Where emitted code can be executed at all. */
final class Platform {
  private Platform() {}

  /** Why it cannot be executed on this processor or system; empty if it can. */
  static String refusal() {
    if (Architecture.current() != Architecture.AARCH64) {
      return "the processor is " + System.getProperty("os.arch", "");
    }
    return refusal(System.getProperty("os.name", ""));
  }

  static String refusal(String system) {
    if (system.equals("Linux")) {
      return "";
    }
    // While a thread may write such memory (MAP_JIT, pthread_jit_write_protect_np), it may not
    // execute any of it: nor Java's own code, which the call would return to.
    return system.startsWith("Mac")
        ? "macOS lets a thread write machine code or run it, and Java's own is run all the time"
        : "kernels are called as on Linux, and this is " + system;
  }
}
