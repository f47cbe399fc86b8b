package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.device.Gpu;
import dev.vl4j.cuda.driver.CublasLt;
import dev.vl4j.cuda.driver.Driver;
import dev.vl4j.cuda.driver.LaunchQueue;
import dev.vl4j.cuda.driver.Modules;
import dev.vl4j.cuda.driver.Nvrtc;
import dev.vl4j.cuda.kernel.AttentionKernels;
import dev.vl4j.cuda.kernel.E4m3Kernels;
import dev.vl4j.cuda.kernel.Int8Kernels;
import dev.vl4j.cuda.kernel.KernelCache;
import dev.vl4j.cuda.kernel.KernelCompiler;
import dev.vl4j.cuda.kernel.Kernels;
import dev.vl4j.cuda.kernel.Program;
import dev.vl4j.cuda.kernel.Target;
import dev.vl4j.cuda.library.Libraries;
import dev.vl4j.device.backend.OpenedParts;
import dev.vl4j.device.memory.DevicePool;
import dev.vl4j.device.memory.Staging;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.OperandFormat;
import java.util.List;

/** A device, and all that is opened on it for a backend: closed in the opposite order. */
final class OpenDevice implements AutoCloseable {
  private final OpenedParts opened = new OpenedParts();
  private final Session session;
  private final CublasLt cublasLt;

  private OpenDevice(Libraries libraries, BackendSettings settings, KernelCache cache) {
    try {
      Driver driver = new Driver(libraries.driver());
      Gpu gpu = opened.add(Gpu.open(driver, settings.device()));
      DevicePool pool = opened.add(new DevicePool(gpu, settings.memory()));
      Staging staging = opened.add(new Staging(gpu));
      Target target = Target.of(gpu.computeCapability(), gpu.sharedBytesPerBlock());
      byte[] cubin = new KernelCompiler(Nvrtc.of(libraries.nvrtc()), cache).compile(target);
      LaunchQueue launches = new LaunchQueue(driver, gpu.stream());
      Program program = opened.add(new Program(new Modules(driver), cubin, launches));
      cublasLt = new CublasLt(libraries.cublasLt(), driver);
      Products products = opened.add(new Products(cublasLt, launches, pool, settings.memory()));
      // Its graphs hold kernels, so it is closed before they are unloaded.
      opened.add(launches);
      session =
          new Session(
              gpu,
              launches,
              pool,
              staging,
              target,
              new Kernels(program),
              new AttentionKernels(program, target, gpu.multiprocessors()),
              new E4m3Kernels(program),
              new Int8Kernels(program),
              products);
    } catch (RuntimeException e) {
      opened.closeAfter(e);
      throw e;
    }
  }

  static OpenDevice open(Libraries libraries, BackendSettings settings, KernelCache cache) {
    return new OpenDevice(libraries, settings, cache);
  }

  Session session() {
    return session;
  }

  /**
   * For people.
   *
   * @param dependent formats in which a row may depend on its batch
   */
  String describe(List<OperandFormat> dependent) {
    Target target = session.target();
    long version = cublasLt.version();
    String weaker =
        dependent.isEmpty() ? "" : ", results in %s may depend on the batch".formatted(dependent);
    return "%s, compute capability %d.%d, cuBLASLt %d.%d.%d%s"
        .formatted(
            session.gpu(),
            target.major(),
            target.minor(),
            version / 10000,
            version / 100 % 100,
            version % 100,
            weaker);
  }

  /** Closes everything, also if some of it fails. */
  @Override
  public void close() {
    opened.close();
  }
}
