package dev.vl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.cpu.CpuBackend;
import org.junit.jupiter.api.Test;

class CpuBackendTest extends BackendContract {
  @Override
  protected Backend open() {
    return new CpuBackend(2);
  }

  /** Else a run that was meant to test one width would quietly test another. */
  @Test
  void runsAtTheForcedWidth() {
    String bits = System.getProperty("vl4j.vectorBits");
    if (bits != null) {
      assertThat(backend().description()).contains(bits + " bit");
    }
  }
}
