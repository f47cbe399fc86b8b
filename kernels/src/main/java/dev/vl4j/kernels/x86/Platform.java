package dev.vl4j.kernels.x86;

/** Where emitted code can be executed at all. */
final class Platform {
  private Platform() {}

  /** Why it cannot be executed on this processor or system; empty if it can. */
  static String refusal() {
    String processor = System.getProperty("os.arch", "");
    if (!processor.equals("amd64") && !processor.equals("x86_64")) {
      return "the processor is " + processor;
    }
    String system = System.getProperty("os.name", "");
    return system.equals("Linux") || system.startsWith("Mac")
        ? ""
        : "kernels are called as on Linux and macOS, and this is " + system;
  }
}
