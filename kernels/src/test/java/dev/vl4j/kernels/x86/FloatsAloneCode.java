package dev.vl4j.kernels.x86;

/** What this processor has, but for bfloat16 operands, which are float32 ones then. */
public final class FloatsAloneCode {
  private FloatsAloneCode() {}

  public static MachineCode get() {
    return MachineCode.choose("max:avx512-vnni");
  }
}
