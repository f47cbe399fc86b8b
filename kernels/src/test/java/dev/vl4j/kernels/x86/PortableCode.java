package dev.vl4j.kernels.x86;

/** No machine code at all, whatever this processor has. */
public final class PortableCode {
  private PortableCode() {}

  public static MachineCode get() {
    return MachineCode.choose("vector-api");
  }
}
