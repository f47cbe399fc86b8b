package dev.vl4j.cuda.kernel;

import dev.vl4j.cuda.driver.Launch;
import dev.vl4j.cuda.driver.LaunchQueue;
import dev.vl4j.cuda.driver.Modules;
import java.lang.foreign.Arena;
import java.util.Arrays;
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

  /** A kernel on its way, with a copy of its arguments. */
  private final class KernelLaunch implements Launch {
    private final String kernel;
    private final long function;
    private final int blocks;
    private final int threads;
    private final int sharedBytes;
    private final long[] words;

    KernelLaunch(
        String kernel, long function, int blocks, int threads, int sharedBytes, long[] words) {
      this.kernel = kernel;
      this.function = function;
      this.blocks = blocks;
      this.threads = threads;
      this.sharedBytes = sharedBytes;
      this.words = words;
    }

    @Override
    public void enqueue() {
      launched.setWords(words);
      modules.launch(
          kernel,
          function,
          blocks,
          1,
          threads,
          1,
          sharedBytes,
          queue.stream(),
          launched.pointers());
    }

    @Override
    public boolean isLong() {
      return false;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof KernelLaunch launch
          && function == launch.function
          && blocks == launch.blocks
          && threads == launch.threads
          && sharedBytes == launch.sharedBytes
          && Arrays.equals(words, launch.words);
    }

    @Override
    public int hashCode() {
      return 31 * (31 * Long.hashCode(function) + blocks) + Arrays.hashCode(words);
    }
  }

  private final Modules modules;
  private final long module;
  private final LaunchQueue queue;
  private final Arguments launched = new Arguments(Arena.ofAuto());
  private final Map<String, Function> functions = new HashMap<>();

  /**
   * Loads kernels.
   *
   * @param cubin from {@link KernelCompiler#compile}, for the device of the current context
   * @param queue of the stream on which kernels run
   */
  public Program(Modules modules, byte[] cubin, LaunchQueue queue) {
    this.modules = modules;
    this.queue = queue;
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
    queue.add(
        new KernelLaunch(kernel, function.handle, blocks, threads, sharedBytes, arguments.words()));
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
