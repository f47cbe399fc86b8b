package dev.vl4j.kernels.cpu;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.aarch64.NeonCode;
import dev.vl4j.kernels.x86.AmxEmulation;

/** The processor's backend with AMX's products, on processors that have none. */
public final class AmxBackend {
  private AmxBackend() {}

  public static Backend open(int threads) {
    return new CpuBackend(threads, 0, new CpuCode(AmxEmulation.machineCode(), NeonCode.get()));
  }
}
