package dev.vl4j.cuda.kernel;

import dev.vl4j.cuda.driver.Modules;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Kernels that are loaded on a device, launched in the order of a stream. Belongs to the thread
 * whose context is current.
 */
public final class Program implements Launcher, AutoCloseable {
  /** Shared memory that every block can have without asking. */
  private static final int ORDINARY_SHARED_BYTES = 48 * 1024;

  /** A kernel, and the shared memory that its blocks can have. */
  private static final class Function {
    final long handle;
    int sharedBytes = ORDINARY_SHARED_BYTES;

    Function(long handle) {
      this.handle = handle;
    }
  }

  private final Modules modules;
  private final long module;
  private final long stream;
  private final Map<String, Function> functions = new HashMap<>();

  /**
   * Loads kernels.
   *
   * @param cubin from {@link KernelCompiler#compile}, for the device of the current context
   * @param stream on which kernels run
   */
  public Program(Modules modules, byte[] cubin, long stream) {
    this.modules = modules;
    this.stream = stream;
    module = modules.load(cubin);
  }

  @Override
  public void launch(String kernel, int blocks, int threads, int sharedBytes, Arguments arguments) {
    Function function = functions.get(kernel);
    if (function == null) {
      function = new Function(modules.function(module, kernel));
      requireParameters(kernel, function.handle, arguments);
      functions.put(kernel, function);
    }
    if (sharedBytes > function.sharedBytes) {
      modules.allowSharedMemory(function.handle, sharedBytes);
      function.sharedBytes = sharedBytes;
    }
    modules.launch(
        kernel, function.handle, blocks, 1, threads, 1, sharedBytes, stream, arguments.pointers());
  }

  /** The driver reads arguments as the kernel declares them, whatever there is. */
  private void requireParameters(String kernel, long handle, Arguments arguments) {
    Optional<List<Integer>> declared = modules.parameterBytes(handle);
    if (declared.isPresent() && !declared.get().equals(arguments.bytes())) {
      throw new IllegalStateException(
          "kernel %s has parameters of %s bytes, but is given %s"
              .formatted(kernel, declared.get(), arguments.bytes()));
    }
  }

  @Override
  public void close() {
    modules.unload(module);
  }
}
