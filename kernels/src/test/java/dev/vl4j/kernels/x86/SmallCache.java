package dev.vl4j.kernels.x86;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** This processor's AVX-512 kernels as they are cut where the second-level cache is small. */
public final class SmallCache {
  private SmallCache() {}

  /**
   * @param cacheBytes of a core's second-level cache
   */
  public static MachineCode machineCode(int cacheBytes) {
    MachineCode code = MachineCode.choose("max:avx512-bf16");
    assumeTrue(code.hasBf16(), "not tested here: AVX-512 BF16");
    return code.with(
        code.bf16().attention(),
        VectorProducts.emit(TileKernels.Dot.BF16_ZMM, cacheBytes),
        VectorProducts.emit(TileKernels.Dot.INT8_ZMM, cacheBytes));
  }
}
