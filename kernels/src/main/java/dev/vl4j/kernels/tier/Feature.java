package dev.vl4j.kernels.tier;

import java.util.Locale;

/** A feature of the processor that a kernel may need: of x86-64, then of aarch64. */
public enum Feature {
  FMA,
  AVX2,
  AVX_VNNI,
  AVX512F,
  AVX512BW,
  AVX512VL,
  AVX512_VNNI,
  AVX512_BF16,
  AMX_TILE,
  AMX_INT8,
  AMX_BF16,
  ASIMDDP,
  I8MM,
  BF16;

  /** The name as Linux's /proc/cpuinfo has it: {@code avx512_bf16}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
