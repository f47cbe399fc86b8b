package dev.vl4j.kernels.x86;

import dev.vl4j.kernels.tier.Tier;

/** The machine code of this processor as if it had no more than a tier's instructions. */
public final class BoundedCode {
  private BoundedCode() {}

  public static MachineCode of(Tier most) {
    return MachineCode.choose("max:" + most);
  }

  /** Kernels on 256 bits that lay out weights, also where there are wider ones. */
  public static PackCode narrowPacks() {
    return PackCode.narrow();
  }
}
