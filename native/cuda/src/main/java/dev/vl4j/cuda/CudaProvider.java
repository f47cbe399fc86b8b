package dev.vl4j.cuda;

import dev.vl4j.cuda.backend.CudaBackend;
import dev.vl4j.cuda.device.Gpu;
import dev.vl4j.cuda.driver.Driver;
import dev.vl4j.cuda.kernel.Target;
import dev.vl4j.cuda.library.Libraries;
import dev.vl4j.cuda.library.LibrarySearch;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendProvider;
import dev.vl4j.kernels.BackendReport;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.FormatSupport;
import dev.vl4j.kernels.FreeMemory;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Reproducibility;
import dev.vl4j.kernels.Support;
import java.util.Optional;

/** Provides {@code cuda}, which computes on NVIDIA GPUs. */
public final class CudaProvider implements BackendProvider {
  /** Before the processor. */
  private static final int RANK = 200;

  private final LibrarySearch search;

  public CudaProvider() {
    this(new LibrarySearch());
  }

  CudaProvider(LibrarySearch search) {
    this.search = search;
  }

  @Override
  public String name() {
    return CudaReport.NAME;
  }

  @Override
  public int rank() {
    return RANK;
  }

  @Override
  public BackendReport report() {
    return CudaReport.make(search).report();
  }

  /**
   * What precision a model has is known without opening a device: products in E4M3 are there if a
   * device has them, and those of integers are taken to be, until an open backend has tried them.
   * Results are bitwise with every cuBLASLt that has been seen; an open backend has looked, and
   * knows.
   */
  @Override
  public <T> Optional<T> capability(Class<T> type) {
    if (type == Reproducibility.class) {
      return Optional.of(type.cast(Reproducibility.BITWISE));
    }
    if (type == FreeMemory.class) {
      FreeMemory memory = this::freeMemory;
      return Optional.of(type.cast(memory));
    }
    FormatSupport formats = this::support;
    return type == FormatSupport.class ? Optional.of(type.cast(formats)) : Optional.empty();
  }

  private Support support(OperandFormat operands) {
    boolean has =
        operands != OperandFormat.FP8 || Target.hasE4m3(CudaReport.make(search).latestCapability());
    return has ? Support.KERNELS : Support.NONE;
  }

  private long freeMemory(int device) {
    return Gpu.memoryInfo(new Driver(libraries().driver()), device).free();
  }

  @Override
  public Backend open(BackendSettings settings) {
    return CudaBackend.open(libraries(), settings);
  }

  private Libraries libraries() {
    CudaReport found = CudaReport.make(search);
    return found
        .libraries()
        .orElseThrow(() ->
            new BackendException(
                "%s is %s: %s"
                    .formatted(name(), found.report().status(), found.report().detail())));
  }
}
