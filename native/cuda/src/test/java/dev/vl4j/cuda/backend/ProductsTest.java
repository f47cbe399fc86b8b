package dev.vl4j.cuda.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.cuda.driver.CudaException;
import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.cuda.fake.FakeDevice;
import dev.vl4j.kernels.Reproducibility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which algorithms products get, and what is said of them. */
class ProductsTest {
  @RegisterExtension final FakeGpus gpus = new FakeGpus();

  private String description(FakeCuda.Builder builder) {
    try (CudaBackend backend = gpus.open(gpus.add(builder), FakeGpus.SMALL_MEMORY);
        Workload workload = new Workload(backend)) {
      assertThat(workload.run()).isNotEmpty();
      return backend.description();
    }
  }

  @Test
  void rowsDoNotDependOnTheirBatch() {
    assertThat(description(FakeCuda.builder()))
        .isEqualTo("cuda:0 (Fake H100), compute capability 9.0, cuBLASLt 13.1.1");
  }

  /** As on other architectures, and with other versions of the library. */
  @Test
  void withoutTheKnownAlgorithmsAWeightHasOne() {
    assertThat(
            description(
                FakeCuda.builder()
                    .device(FakeDevice.ADA)
                    .cublasLtVersion(120803)
                    .bf16Algorithms(21, 31)))
        .isEqualTo("cuda:0 (Fake RTX 4090), compute capability 8.9, cuBLASLt 12.8.3");
  }

  @Test
  void aLibraryThatSplitsAllSumsIsOfAWeakerClass() {
    FakeCuda machine = gpus.add(FakeCuda.builder().bf16Algorithms(13));
    try (CudaBackend backend = gpus.open(machine, FakeGpus.SMALL_MEMORY)) {
      assertThat(backend.description()).endsWith(", results in [BF16] may depend on the batch");
      assertThat(backend.reproducibility()).isEqualTo(Reproducibility.tolerant(0x1p-8));
    }
  }

  @Test
  void aLibraryWithoutAnAlgorithmIsRefused() {
    FakeCuda machine = gpus.add(FakeCuda.builder().bf16Algorithms());
    assertThatExceptionOfType(CudaException.class)
        .isThrownBy(() -> gpus.open(machine, FakeGpus.SMALL_MEMORY))
        .withMessageContaining("cuBLASLt has no algorithm for BF16 [")
        .withMessageContaining("without split sums");
    assertThat(machine.leaks()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8, 9, 4096})
  void widthsArePaddedToWholeGroups(int features) {
    assertThat(Products.padded(features)).isBetween(features, features + 7);
    assertThat(Products.padded(features) % Products.GROUP).isZero();
  }
}
