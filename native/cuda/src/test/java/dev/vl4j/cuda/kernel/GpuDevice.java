package dev.vl4j.cuda.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.vl4j.cuda.device.Gpu;
import dev.vl4j.cuda.driver.Driver;
import dev.vl4j.cuda.driver.LaunchQueue;
import dev.vl4j.cuda.driver.Modules;
import dev.vl4j.cuda.driver.Nvrtc;
import dev.vl4j.device.library.Symbols;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The first GPU behind a driver. Its memory is freed when it is closed. */
final class GpuDevice implements KernelDevice, AutoCloseable {
  private final Gpu gpu;
  private final Program program;
  private final Target target;
  private final List<Long> allocations = new ArrayList<>();

  /**
   * @param cache folder for compiled kernels
   */
  GpuDevice(Symbols driverLibrary, Symbols nvrtcLibrary, Path cache) {
    Driver driver = new Driver(driverLibrary);
    gpu = Gpu.open(driver, 0);
    int capability = gpu.computeCapability();
    target = new Target(capability / 10, capability % 10, gpu.sharedBytesPerBlock());
    byte[] cubin =
        new KernelCompiler(new Nvrtc(nvrtcLibrary), new KernelCache(cache)).compile(target);
    program = new Program(new Modules(driver), cubin, new LaunchQueue(driver, gpu.stream()));
  }

  Target target() {
    return target;
  }

  @Override
  public long allocate(MemorySegment contents) {
    long address = gpu.driver().memory().allocate(contents.byteSize());
    allocations.add(address);
    gpu.driver().memory().upload(address, contents, contents.byteSize(), gpu.stream());
    return address;
  }

  @Override
  public byte[] read(long address, long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(bytes);
      gpu.driver().memory().download(host, address, bytes, gpu.stream());
      gpu.synchronize();
      return host.toArray(JAVA_BYTE);
    }
  }

  @Override
  public void launch(String kernel, int blocks, int threads, int sharedBytes, Arguments arguments) {
    program.launch(kernel, blocks, threads, sharedBytes, arguments);
  }

  /** Frees all memory. */
  void clear() {
    allocations.forEach(gpu.driver().memory()::free);
    allocations.clear();
  }

  @Override
  public void close() {
    clear();
    program.close();
    gpu.close();
  }
}
