package dev.vl4j.kernels.tier;

/** A kind of processor that machine code is written for. */
public enum Architecture {
  X86_64("x86-64"),
  AARCH64("aarch64"),
  /** One for which there is none. */
  OTHER("another processor");

  private final String text;

  Architecture(String text) {
    this.text = text;
  }

  /** That of this process. */
  public static Architecture current() {
    return switch (System.getProperty("os.arch", "")) {
      case "amd64", "x86_64" -> X86_64;
      case "aarch64", "arm64" -> AARCH64;
      default -> OTHER;
    };
  }

  /** The name in reports: {@code x86-64}. */
  @Override
  public String toString() {
    return text;
  }
}
