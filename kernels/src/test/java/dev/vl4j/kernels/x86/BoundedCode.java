package dev.vl4j.kernels.x86;

import dev.vl4j.kernels.tier.Tier;

/** The machine code of this processor as if it had no more than a tier's instructions. */
public final class BoundedCode {
  private BoundedCode() {}

  public static MachineCode of(Tier most) {
    return MachineCode.choose("max:" + most);
  }
}
