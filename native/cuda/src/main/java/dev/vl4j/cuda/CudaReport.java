package dev.vl4j.cuda;

import static dev.vl4j.cuda.driver.CudaConstants.CUDA_ERROR_NO_DEVICE;

import dev.vl4j.cuda.device.Gpu;
import dev.vl4j.cuda.driver.CublasLt;
import dev.vl4j.cuda.driver.CudaException;
import dev.vl4j.cuda.driver.Driver;
import dev.vl4j.cuda.driver.Nvrtc;
import dev.vl4j.cuda.kernel.KernelCache;
import dev.vl4j.cuda.kernel.KernelCompiler;
import dev.vl4j.cuda.kernel.Target;
import dev.vl4j.cuda.library.Libraries;
import dev.vl4j.cuda.library.LibrarySearch;
import dev.vl4j.device.library.FoundLibrary;
import dev.vl4j.device.library.Symbols;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendReport;
import dev.vl4j.kernels.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether this machine has what the backend needs.
 *
 * @param libraries empty unless the report is ready
 * @param latestCapability of its devices: 90 for compute capability 9.0; 0 without any
 */
record CudaReport(BackendReport report, Optional<Libraries> libraries, int latestCapability) {
  static final String NAME = "cuda";

  /** CUDA 12.0: what the binding and the libraries need of the driver. */
  private static final int OLDEST_DRIVER = 12000;

  /** 8.0, Ampere: the first with bfloat16 in hardware. */
  private static final int OLDEST_CAPABILITY = 80;

  private static final String OLDEST =
      "expected compute capability 8.0 or later, for products of bfloat16";

  /** Asks the machine; starts the driver, and no context. */
  static CudaReport make(LibrarySearch search) {
    String system = System.getProperty("os.name", "");
    if (!system.equals("Linux")) {
      return absent(List.of("CUDA is called on Linux, and this is " + system));
    }
    try {
      FoundLibrary driver = search.driver();
      if (driver.library().isEmpty()) {
        return driver.isThere() ? broken(driver.reasons()) : absent(driver.reasons());
      }
      return make(driver.library().get(), search);
    } catch (IllegalCallerException e) {
      return broken(
          List.of(
              "Java denies native access (%s): start it with --enable-native-access=%s"
                  .formatted(
                      e.getMessage(),
                      CudaReport.class.getModule().isNamed()
                          ? "dev.vl4j.device," + CudaReport.class.getModule().getName()
                          : "ALL-UNNAMED")));
    }
  }

  private static CudaReport make(Symbols libcuda, LibrarySearch search) {
    Driver driver;
    int version;
    try {
      driver = new Driver(libcuda);
      driver.init();
      version = driver.version();
    } catch (CudaException e) {
      List<String> reason = List.of(libcuda.name() + ": " + e.getMessage());
      return e.status() == CUDA_ERROR_NO_DEVICE ? absent(reason) : broken(reason);
    } catch (BackendException e) {
      return broken(List.of(libcuda.name() + ": " + e.getMessage()));
    }
    if (version < OLDEST_DRIVER) {
      return broken(
          List.of(
              "the driver supports CUDA %s: expected 12.0 or newer, update the driver"
                  .formatted(words(version))));
    }
    try {
      return make(libcuda, driver, version, search);
    } catch (BackendException e) {
      return broken(List.of(String.valueOf(e.getMessage())));
    }
  }

  private static CudaReport make(
      Symbols libcuda, Driver driver, int version, LibrarySearch search) {
    FoundLibrary cublasLt = search.cublasLt(version);
    FoundLibrary nvrtc = search.nvrtc(version);
    Nvrtc compiler = Nvrtc.of(nvrtc.library().orElse(null));
    KernelCompiler kernels = new KernelCompiler(compiler, KernelCache.ofUser());
    List<Device> devices = new ArrayList<>();
    List<String> leftOut = new ArrayList<>();
    boolean compilerIsMissing = false;
    int latest = 0;
    for (int number = 0; number < driver.deviceCount(); number++) {
      int device = driver.device(number);
      int capability = Gpu.computeCapability(driver, device);
      String name =
          "%s, compute capability %d.%d"
              .formatted(driver.deviceName(device), capability / 10, capability % 10);
      if (capability < OLDEST_CAPABILITY) {
        leftOut.add(leftOut(number, name, OLDEST));
      } else if (kernels.knows(Target.of(capability, Gpu.sharedBytesPerBlock(driver, device)))) {
        devices.add(new Device(number, name, driver.totalMemory(device)));
        latest = Math.max(latest, capability);
      } else if (compiler == null) {
        compilerIsMissing = true;
      } else {
        leftOut.add(leftOut(number, name, unknown(compiler)));
      }
    }
    if (cublasLt.library().isEmpty() || compilerIsMissing) {
      List<String> reasons = new ArrayList<>();
      reasons.addAll(cublasLt.library().isEmpty() ? cublasLt.reasons() : List.of());
      reasons.addAll(compilerIsMissing ? nvrtc.reasons() : List.of());
      reasons.add(
          "a GPU is there; install the CUDA toolkit's cuBLAS and NVRTC, of a version that the driver"
              + " supports (CUDA %s or earlier), or say where they are: -D%s=FOLDER"
                  .formatted(words(version), LibrarySearch.PROPERTY));
      return broken(reasons);
    }
    Libraries libraries =
        new Libraries(libcuda, cublasLt.library().get(), nvrtc.library().orElse(null));
    List<String> details = new ArrayList<>();
    details.add(describe(libraries, driver, version, compiler));
    details.addAll(leftOut);
    return devices.isEmpty()
        ? broken(details)
        : new CudaReport(
            BackendReport.ready(NAME, details, devices), Optional.of(libraries), latest);
  }

  private static String describe(
      Libraries libraries, Driver driver, int version, @Nullable Nvrtc compiler) {
    long cublasLt = new CublasLt(libraries.cublasLt(), driver).version();
    return "driver for CUDA %s (%s), cuBLASLt %d.%d.%d (%s), %s"
        .formatted(
            words(version),
            libraries.driver().name(),
            cublasLt / 10000,
            cublasLt / 100 % 100,
            cublasLt % 100,
            libraries.cublasLt().name(),
            compiler == null
                ? "kernels that came along"
                : "NVRTC %s (%s)".formatted(compiler.version(), compiler.name()));
  }

  private static String leftOut(int number, String name, String reason) {
    return "device %d (%s) is left out: %s".formatted(number, name, reason);
  }

  private static String unknown(Nvrtc nvrtc) {
    return "NVRTC %s does not compile for it, a newer one does".formatted(nvrtc.version());
  }

  /** {@code 13.0} of 13000. */
  private static String words(int version) {
    return "%d.%d".formatted(version / 1000, version % 1000 / 10);
  }

  private static CudaReport absent(List<String> reasons) {
    return new CudaReport(BackendReport.absent(NAME, reasons), Optional.empty(), 0);
  }

  private static CudaReport broken(List<String> reasons) {
    return new CudaReport(BackendReport.broken(NAME, reasons), Optional.empty(), 0);
  }
}
