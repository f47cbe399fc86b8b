package dev.vl4j.kernels.cpu;

import dev.vl4j.kernels.aarch64.NeonCode;
import dev.vl4j.kernels.tier.Architecture;
import dev.vl4j.kernels.tier.Tier;
import dev.vl4j.kernels.tier.TierChoice;
import dev.vl4j.kernels.x86.MachineCode;

/** Machine code for whichever processor this is; of the other architecture there is none. */
record CpuCode(MachineCode x86, NeonCode aarch64) {
  /**
   * That of this process.
   *
   * @throws dev.vl4j.kernels.BackendException if the property forces a tier that cannot run here
   */
  static CpuCode get() {
    return new CpuCode(MachineCode.get(), NeonCode.get());
  }

  /** Which tier is in use, and why no other. */
  TierChoice choice() {
    boolean neon = aarch64.hasInt8() || Architecture.current() == Architecture.AARCH64;
    return neon ? aarch64.choice() : x86.choice();
  }

  Tier tier() {
    return choice().tier();
  }
}
