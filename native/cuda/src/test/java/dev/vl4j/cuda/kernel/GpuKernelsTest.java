package dev.vl4j.cuda.kernel;

import dev.vl4j.cuda.CudaProvider;
import dev.vl4j.cuda.driver.Driver;
import dev.vl4j.cuda.library.LibrarySearch;
import dev.vl4j.device.library.Symbols;
import dev.vl4j.kernels.BackendReport;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/**
 * The CUDA sources as NVRTC compiles them, on the first GPU. Is skipped, with a message, where
 * there is none.
 */
class GpuKernelsTest extends KernelContract {
  @TempDir private static Path folder;
  private static GpuDevice gpu;

  @BeforeAll
  static void open() {
    BackendReport report = new CudaProvider().report();
    Needs.require(
        report.isReady(),
        "the CUDA kernels are not compared with their twins, because there is no GPU: "
            + report.detail());
    LibrarySearch search = new LibrarySearch();
    Symbols library = search.driver().library().orElseThrow();
    Driver driver = new Driver(library);
    driver.init();
    Optional<Symbols> nvrtc = search.nvrtc(driver.version()).library();
    Needs.require(
        nvrtc.isPresent(),
        "the CUDA kernels are not compared with their twins, because there is no NVRTC");
    gpu = new GpuDevice(library, nvrtc.get(), folder);
  }

  @AfterAll
  static void close() {
    if (gpu != null) {
      gpu.close();
      gpu = null;
    }
  }

  @AfterEach
  void clear() {
    if (gpu != null) {
      gpu.clear();
    }
  }

  @Override
  public List<Target> targets() {
    return List.of(gpu.target());
  }

  @Override
  List<KernelDevice> devices(Target target) {
    return List.of(gpu);
  }

  /**
   * Weights and results of attention are rounded to bfloat16. A last bit of a sum on tensor cores
   * may turn such a rounding the other way: that is one step of the result, and less than half of
   * one by the weights.
   */
  @Override
  double tolerance() {
    return 0x1.8p-7;
  }
}
