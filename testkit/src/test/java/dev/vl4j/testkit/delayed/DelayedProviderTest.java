package dev.vl4j.testkit.delayed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import org.junit.jupiter.api.Test;

/** It is found because it is there, and used only where it is named. */
class DelayedProviderTest {
  @Test
  void isFoundByName() {
    assertThat(Backends.names()).contains("delayed", "cpu", "reference");
    try (Backend backend = Backends.open("delayed:1", BackendSettings.DEFAULT.withMemory(4096))) {
      assertThat(backend.description()).startsWith("delayed reference");
      assertThat(backend.memory().total()).isEqualTo(4096);
    }
    try (Backend backend = Backends.open("delayed", BackendSettings.DEFAULT.withThreads(1))) {
      assertThat(backend.description()).startsWith("delayed cpu").contains("1 threads");
    }
  }

  @Test
  void isNotChosenUnasked() {
    assertThat(Backends.choose(Backends.AUTO, BackendSettings.DEFAULT).name()).isEqualTo("cpu");
  }

  @Test
  void hasNoOtherDevices() {
    assertThatExceptionOfType(BackendException.class)
        .isThrownBy(() -> Backends.open("delayed:2", BackendSettings.DEFAULT))
        .withMessageContaining("2");
  }
}
