package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.cpu.CpuBackend;
import dev.vl4j.testkit.BackendContract;
import dev.vl4j.testkit.Seeds;

class DelayedCpuTest extends BackendContract {
  @Override
  protected Backend open() {
    return new DelayedBackend(() -> new CpuBackend(2), 0, Seeds.seed());
  }
}
