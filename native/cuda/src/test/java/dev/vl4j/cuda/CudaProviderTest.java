package dev.vl4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.cuda.fake.FakeDevice;
import dev.vl4j.cuda.library.LibrarySearch;
import dev.vl4j.device.library.Symbols;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendProvider;
import dev.vl4j.kernels.BackendReport;
import dev.vl4j.kernels.BackendReport.Status;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.FormatSupport;
import dev.vl4j.kernels.FreeMemory;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Support;
import java.nio.file.Path;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What machines of many kinds are told to have. */
@EnabledOnOs(OS.LINUX)
class CudaProviderTest {
  private static final int STUB_LIBRARY = 34;
  private static final int NO_DEVICE = 100;
  private static final int VERSION_MISMATCH = 803;

  /** Of a file system without any library. */
  @TempDir private Path root;

  private static Symbols absent(String name) {
    throw new BackendException(name + ": cannot open shared object file");
  }

  /** Libraries of a fake machine by their sonames. */
  private CudaProvider provider(Function<String, Symbols> system) {
    return new CudaProvider(new LibrarySearch(null, Map.of(), root, system));
  }

  private CudaProvider provider(FakeCuda machine) {
    return provider(name -> library(machine, name));
  }

  private static Symbols library(FakeCuda machine, String name) {
    return switch (name) {
      case "libcuda.so.1" -> machine.libraries().driver();
      case "libcublasLt.so.13" -> machine.libraries().cublasLt();
      case "libnvrtc.so.13" -> machine.libraries().nvrtc();
      default -> absent(name);
    };
  }

  private static void expect(BackendReport report, Status status, String... details) {
    assertThat(report.name()).isEqualTo("cuda");
    assertThat(report.details()).containsExactly(details);
    assertThat(report.status()).isEqualTo(status);
  }

  @Test
  void isFoundAsAService() {
    assertThat(ServiceLoader.load(BackendProvider.class).stream().map(ServiceLoader.Provider::type))
        .contains(CudaProvider.class);
  }

  @Test
  void ready() {
    FakeDevice turing = FakeDevice.ADA.withCapability(75);
    try (FakeCuda machine = FakeCuda.builder().device(turing).device(FakeDevice.HOPPER).build()) {
      CudaProvider provider = provider(machine);
      BackendReport report = provider.report();
      expect(
          report,
          Status.READY,
          "driver for CUDA 13.0 (fake libcuda), cuBLASLt 13.1.1 (fake libcublasLt), NVRTC 13.0"
              + " (fake libnvrtc)",
          "device 0 (Fake RTX 4090, compute capability 7.5) is left out: expected compute"
              + " capability 8.0 or later, for products of bfloat16");
      assertThat(report.devices())
          .singleElement()
          .satisfies(device -> {
            assertThat(device.toString()).isEqualTo("1 (Fake H100, compute capability 9.0)");
            assertThat(device.memoryBytes()).isEqualTo(4L << 30);
          });
      // A report takes no memory and makes no context.
      assertThat(machine.calls("cuDevicePrimaryCtxRetain")).isZero();
      assertThat(machine.allocatedBytes()).isZero();
    }
  }

  @Test
  void formatsAreKnownWithoutADevice() {
    FormatSupport formats =
        provider(CudaProviderTest::absent).capability(FormatSupport.class).orElseThrow();
    assertThat(formats.supports(OperandFormat.F32)).isEqualTo(Support.KERNELS);
    assertThat(formats.supports(OperandFormat.BF16)).isEqualTo(Support.KERNELS);
    assertThat(formats.supports(OperandFormat.INT8)).isEqualTo(Support.KERNELS);
    assertThat(formats.supports(OperandFormat.FP8)).isEqualTo(Support.NONE);
  }

  @Test
  void e4m3IsThereFromComputeCapability89On() {
    for (int capability : new int[] {80, 86, 89, 90}) {
      FakeDevice device = FakeDevice.ADA.withCapability(capability);
      try (FakeCuda machine = FakeCuda.builder().device(device).build()) {
        FormatSupport formats = provider(machine).capability(FormatSupport.class).orElseThrow();
        assertThat(formats.supports(OperandFormat.FP8))
            .as("compute capability %d", capability)
            .isEqualTo(capability < 89 ? Support.NONE : Support.KERNELS);
        assertThat(machine.calls("cuDevicePrimaryCtxRetain")).isZero();
      }
    }
  }

  /** Whoever asks opens the device, and closes it again. */
  @Test
  void freeMemoryIsKnownToWhoeverAsks() {
    try (FakeCuda machine = FakeCuda.builder().build()) {
      FreeMemory memory = provider(machine).capability(FreeMemory.class).orElseThrow();
      assertThat(memory.bytes(0)).isBetween(3L << 30, 4L << 30);
      assertThat(machine.calls("cuDevicePrimaryCtxRetain")).isOne();
      assertThat(machine.calls("cuDevicePrimaryCtxRelease_v2")).isOne();
      assertThatExceptionOfType(BackendException.class).isThrownBy(() -> memory.bytes(7));
      machine.fail("cuMemGetInfo_v2", 1, STUB_LIBRARY);
      assertThatExceptionOfType(BackendException.class).isThrownBy(() -> memory.bytes(0));
    }
    FreeMemory none = provider(CudaProviderTest::absent).capability(FreeMemory.class).orElseThrow();
    assertThatExceptionOfType(BackendException.class)
        .isThrownBy(() -> none.bytes(0))
        .withMessageStartingWith("cuda is absent");
  }

  @Test
  void noDriverIsNoFault() {
    expect(
        provider(CudaProviderTest::absent).report(),
        Status.ABSENT,
        "libcuda.so.1 is nowhere to be found");
  }

  @Test
  void aDriverThatDoesNotOpenIsAFault() {
    CudaProvider provider =
        provider(name -> {
          throw new BackendException(name + " does not open: libdrm.so.2: no such file");
        });
    expect(
        provider.report(), Status.BROKEN, "libcuda.so.1 does not open: libdrm.so.2: no such file");
    assertThatExceptionOfType(BackendException.class)
        .isThrownBy(() -> provider.open(BackendSettings.DEFAULT.withDevice(0)))
        .withMessage("cuda is broken: libcuda.so.1 does not open: libdrm.so.2: no such file");
  }

  /** A container without GPUs that has the driver's library. */
  @Test
  void aMachineWithoutGpusIsNoFault() {
    BackendReport report = reportWhereInitGives(NO_DEVICE);
    assertThat(report.status()).isEqualTo(Status.ABSENT);
    assertThat(report.detail())
        .startsWith("fake libcuda: cuInit: ")
        .contains("(CUDA_ERROR_NO_DEVICE, 100)");
  }

  @Test
  void aDriverThatDoesNotStartIsAFault() {
    for (int status : new int[] {STUB_LIBRARY, VERSION_MISMATCH}) {
      BackendReport report = reportWhereInitGives(status);
      assertThat(report.status()).isEqualTo(Status.BROKEN);
      assertThat(report.detail())
          .startsWith("fake libcuda: cuInit")
          .contains(", " + status + "): ");
    }
  }

  private BackendReport reportWhereInitGives(int status) {
    try (FakeCuda machine = FakeCuda.builder().build()) {
      machine.fail("cuInit", 1, status);
      return provider(machine).report();
    }
  }

  @Test
  void anOldDriver() {
    try (FakeCuda machine = FakeCuda.builder().driverVersion(11080).build()) {
      expect(
          provider(machine).report(),
          Status.BROKEN,
          "the driver supports CUDA 11.8: expected 12.0 or newer, update the driver");
    }
  }

  @Test
  void aGpuWithoutLibraries() {
    try (FakeCuda machine = FakeCuda.builder().build()) {
      CudaProvider provider =
          provider(
              name -> name.startsWith("libcuda.") ? machine.libraries().driver() : absent(name));
      expect(
          provider.report(),
          Status.BROKEN,
          "libcublasLt.so.13 or libcublasLt.so.12 is nowhere to be found",
          "libnvrtc.so.13 or libnvrtc.so.12 is nowhere to be found",
          "a GPU is there; install the CUDA toolkit's cuBLAS and NVRTC, of a version that the"
              + " driver supports (CUDA 13.0 or earlier), or say where they are:"
              + " -Dvl4j.cuda.lib=FOLDER");
    }
  }

  @Test
  void aLibraryThatLacksAFunction() {
    try (FakeCuda machine = FakeCuda.builder().without("cublasLtMatmul").build()) {
      BackendReport report = provider(machine).report();
      assertThat(report.status()).isEqualTo(Status.BROKEN);
      assertThat(report.detail()).contains("fake libcublasLt", "cublasLtMatmul");
    }
  }

  @Test
  void noDeviceThatCanBeUsed() {
    try (FakeCuda machine = FakeCuda.builder().device(FakeDevice.ADA.withCapability(61)).build()) {
      BackendReport report = provider(machine).report();
      assertThat(report.status()).isEqualTo(Status.BROKEN);
      assertThat(report.details()).hasSize(2);
      assertThat(report.details().getLast()).startsWith("device 0 (Fake RTX 4090");
    }
  }
}
