package dev.vl4j.ascend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.ascend.fake.FakeCann;
import dev.vl4j.ascend.library.LibrarySearch;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import dev.vl4j.kernels.FormatSupport;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Reproducibility;
import dev.vl4j.kernels.Support;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** How the backend is found and opened. */
@EnabledOnOs(OS.LINUX)
class AscendProviderTest {
  @TempDir private Path root;

  private AscendProvider provider(FakeCann machine) {
    return new AscendProvider(
        new LibrarySearch(null, Map.of(), root, "amd64", _ -> machine.libraries()));
  }

  @Test
  void itIsFoundByItsName() {
    assertThat(Backends.names()).contains("ascend");
  }

  @Test
  void itOpensTheDeviceOfTheSettings() {
    try (FakeCann machine = FakeCann.builder().devices(2, 1 << 20).build();
        Backend backend = provider(machine).open(BackendSettings.DEFAULT.withDevice(1))) {
      assertThat(backend.description())
          .isEqualTo("ascend:1 (Ascend910B3), AscendCL 1.16.0, results tolerant (0.0078)");
    }
  }

  @Test
  void itRefusesWithTheReport() {
    try (FakeCann machine = FakeCann.builder().stub().build()) {
      assertThatExceptionOfType(BackendException.class)
          .isThrownBy(() -> provider(machine).open(BackendSettings.DEFAULT))
          .withMessageStartingWith("ascend is absent: ");
    }
  }

  @Test
  void whatItCanIsKnownBeforeItIsOpened() {
    try (FakeCann machine = FakeCann.builder().build()) {
      AscendProvider provider = provider(machine);
      assertThat(provider.capability(Reproducibility.class))
          .contains(Reproducibility.tolerant(0x1p-7));
      FormatSupport formats = provider.capability(FormatSupport.class).orElseThrow();
      assertThat(formats.supports(OperandFormat.BF16)).isEqualTo(Support.KERNELS);
      assertThat(formats.supports(OperandFormat.F32)).isEqualTo(Support.KERNELS);
      assertThat(formats.supports(OperandFormat.INT8)).isEqualTo(Support.NONE);
    }
  }
}
