package dev.vl4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.cpu.CpuBackend;
import org.junit.jupiter.api.Test;

class CpuBackendTest extends BackendContract {
  @Override
  Backend open() {
    return new CpuBackend(2);
  }

  /** Else a run that was meant to test one width would quietly test another. */
  @Test
  void runsAtTheForcedWidth() {
    String bits = System.getProperty("vl4j.vectorBits");
    try (Backend backend = open()) {
      if (bits != null) {
        assertThat(backend.description()).contains(bits + " bit");
      }
    }
  }
}
