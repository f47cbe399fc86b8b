package dev.vl4j.kernels.cpu;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.aarch64.NeonEmulation;
import dev.vl4j.kernels.tier.Tier;
import dev.vl4j.kernels.x86.PortableCode;

/** The processor's backend with aarch64's products, on any processor. */
public final class NeonBackend {
  private NeonBackend() {}

  /** With the kernels of {@code neon-bf16}. */
  public static Backend open(int threads) {
    return open(threads, Tier.NEON_BF16);
  }

  /** With the kernels of a tier of aarch64, or with none. */
  static Backend open(int threads, Tier tier) {
    return new CpuBackend(threads, 0, new CpuCode(PortableCode.get(), NeonEmulation.code(tier)));
  }
}
