package dev.vl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.cpu.CpuBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ForcedWidth.class)
class CpuBackendTest extends BackendContract {
  @Override
  protected Backend open() {
    return new CpuBackend(2);
  }

  /** Else a run that was meant to test one width would quietly test another. */
  @Test
  void runsAtTheForcedWidth() {
    ForcedWidth.bits()
        .ifPresent(bits -> assertThat(backend().description()).contains(bits + " bit"));
  }
}
