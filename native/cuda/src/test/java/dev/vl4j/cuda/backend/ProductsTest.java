package dev.vl4j.cuda.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.cuda.driver.CudaException;
import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.cuda.fake.FakeDevice;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Reproducibility;
import dev.vl4j.kernels.Support;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.testkit.Seeds;
import java.util.List;
import java.util.Map;
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

  /** Only who multiplies in E4M3 is told that. */
  @Test
  void productsInE4m3AreLookedAtOnceTheyAreNeeded() {
    FakeCuda machine = gpus.add(FakeCuda.builder().bf16Algorithms(13));
    try (CudaBackend backend = gpus.open(machine, FakeGpus.SMALL_MEMORY)) {
      assertThat(machine.calls("kernel quantiseRows")).isZero();
      prepare(backend).close();
      assertThat(backend.description())
          .endsWith(", results in [BF16, FP8] may depend on the batch");
      assertThat(backend.reproducibility()).isEqualTo(Reproducibility.tolerant(0x1p-3));
    }
  }

  private static Linear prepare(CudaBackend backend) {
    float[] values = new float[48 * 64];
    java.util.Arrays.fill(values, 1);
    return backend.prepare(
        List.of(Seeds.matrix("w", values, DType.F32, 48, 64)), OperandFormat.FP8);
  }

  /** cuBLASLt takes scales for each row on one architecture, and from one version on. */
  @Test
  void scalesAreCuBlasLtsWhereItHasThem() {
    Map<FakeCuda.Builder, Boolean> machines =
        Map.of(
            FakeCuda.builder(),
            true,
            FakeCuda.builder().cublasLtVersion(120803),
            false,
            FakeCuda.builder().device(FakeDevice.ADA),
            false,
            FakeCuda.builder().device(FakeDevice.HOPPER.withCapability(100)),
            false);
    machines.forEach((builder, scales) -> {
      FakeCuda machine = gpus.add(builder);
      try (CudaBackend backend = gpus.open(machine, FakeGpus.SMALL_MEMORY);
          Linear weight = prepare(backend);
          Forward forward = backend.begin()) {
        int kernels = machine.calls("kernel epilogue");
        Tensor x = forward.tensor(3, 64);
        forward.upload(new float[3 * 64], x);
        Tensor y = forward.tensor(3, 48);
        forward.linear(x, weight, Epilogue.NONE, y);
        assertThat(forward.read(y).await()).containsOnly(0);
        assertThat(machine.calls("kernel epilogue") - kernels).isEqualTo(scales ? 0 : 1);
      }
    });
  }

  @Test
  void e4m3IsRefusedWhereItIsNot() {
    FakeDevice ampere = FakeDevice.ADA.withCapability(86);
    try (CudaBackend backend =
        gpus.open(gpus.add(FakeCuda.builder().device(ampere)), FakeGpus.SMALL_MEMORY)) {
      assertThat(backend.supports(OperandFormat.FP8)).isEqualTo(Support.NONE);
      assertThatExceptionOfType(BackendException.class)
          .isThrownBy(() -> prepare(backend))
          .withMessage(
              "prepare: products in FP8 are not supported on cuda:0 (Fake RTX 4090), compute"
                  + " capability 8.6, cuBLASLt 13.1.1; F32 and BF16 are, and FP8 is from compute"
                  + " capability 8.9 on, with a cuBLASLt that has it");
    }
  }

  @Test
  void productsOfIntegersAreRefusedWhereTheyAreNot() {
    FakeCuda machine = gpus.add(FakeCuda.builder().withoutIntegers());
    try (CudaBackend backend = gpus.open(machine, FakeGpus.SMALL_MEMORY)) {
      assertThat(backend.supports(OperandFormat.INT8)).isEqualTo(Support.NONE);
      float[] values = new float[48 * 64];
      assertThatExceptionOfType(BackendException.class)
          .isThrownBy(() ->
              backend.prepare(
                  List.of(Seeds.matrix("w", values, DType.F32, 48, 64)), OperandFormat.INT8))
          .withMessageContaining("products in INT8 are not supported on cuda:0");
    }
  }

  /** A library that loses the scales is found out, and its products are not used. */
  @Test
  void wrongProductsInE4m3AreRefused() {
    FakeCuda machine = gpus.add(FakeCuda.builder().withoutScales());
    try (CudaBackend backend = gpus.open(machine, FakeGpus.SMALL_MEMORY)) {
      int kernels = machine.calls("kernel epilogue");
      assertThat(backend.supports(OperandFormat.FP8)).isEqualTo(Support.KERNELS);
      assertThat(machine.calls("kernel epilogue")).isGreaterThan(kernels);
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
