package dev.vl4j.cuda.driver;

import static dev.vl4j.cuda.driver.CudaConstants.*;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The driver's functions on compiled kernels. */
public final class Modules {
  private final Driver driver;
  private final MethodHandle load;
  private final MethodHandle unload;
  private final MethodHandle function;
  private final MethodHandle setAttribute;
  private final Optional<MethodHandle> parameter;
  private final MethodHandle launch;

  public Modules(Driver driver) {
    this.driver = driver;
    Functions functions = driver.functions();
    load = functions.bind("cuModuleLoadData", ADDRESS, ADDRESS);
    unload = functions.bind("cuModuleUnload", JAVA_LONG);
    function = functions.bind("cuModuleGetFunction", ADDRESS, JAVA_LONG, ADDRESS);
    setAttribute = functions.bind("cuFuncSetAttribute", JAVA_LONG, JAVA_INT, JAVA_INT);
    // From CUDA 12.4 on.
    parameter = functions.find("cuFuncGetParamInfo", JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS);
    launch =
        functions.bind(
            "cuLaunchKernel",
            JAVA_LONG,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_LONG,
            ADDRESS,
            ADDRESS);
  }

  /** Loads a cubin, which the driver copies. */
  public long load(byte[] cubin) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment image = arena.allocate(cubin.length, 16);
      MemorySegment.copy(cubin, 0, image, JAVA_BYTE, 0, cubin.length);
      return driver.make(
          "cuModuleLoadData of %d bytes".formatted(cubin.length),
          out -> (int) load.invokeExact(out, image));
    }
  }

  public void unload(long module) {
    driver.release("cuModuleUnload", () -> (int) unload.invokeExact(module));
  }

  /**
   * A kernel of a module.
   *
   * @throws CudaException if the module has none of this name
   */
  public long function(long module, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocateFrom(name);
      return driver.make(
          "cuModuleGetFunction of kernel " + name,
          out -> (int) function.invokeExact(out, module, text));
    }
  }

  /** Lets the blocks of a kernel have this much shared memory at launch, beyond 48 KiB. */
  public void allowSharedMemory(long kernel, int bytes) {
    driver.check(
        "cuFuncSetAttribute of %d bytes of shared memory".formatted(bytes),
        () ->
            (int)
                setAttribute.invokeExact(
                    kernel, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes));
  }

  /**
   * Sizes of a kernel's parameters in bytes, in order.
   *
   * @return empty if the driver does not tell, as before CUDA 12.4
   */
  public Optional<List<Integer>> parameterBytes(long kernel) {
    if (parameter.isEmpty()) {
      return Optional.empty();
    }
    MethodHandle tell = parameter.get();
    List<Integer> sizes = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment offset = arena.allocate(JAVA_LONG);
      MemorySegment size = arena.allocate(JAVA_LONG);
      while (true) {
        long index = sizes.size();
        int status = Driver.status(() -> (int) tell.invokeExact(kernel, index, offset, size));
        if (status == CUDA_ERROR_INVALID_VALUE) { // there is none of this number
          return Optional.of(List.copyOf(sizes));
        }
        driver.check("cuFuncGetParamInfo", status);
        sizes.add((int) size.get(JAVA_LONG, 0));
      }
    }
  }

  /**
   * Enqueues a kernel.
   *
   * @param name what messages call it
   * @param parameters a pointer to each argument; the driver copies the arguments before this
   *     returns
   */
  public void launch(
      String name,
      long kernel,
      int gridX,
      int gridY,
      int blockX,
      int blockY,
      int sharedBytes,
      long stream,
      MemorySegment parameters) {
    int status;
    try {
      status =
          (int)
              launch.invokeExact(
                  kernel,
                  gridX,
                  gridY,
                  1,
                  blockX,
                  blockY,
                  1,
                  sharedBytes,
                  stream,
                  parameters,
                  MemorySegment.NULL);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
    if (status != CUDA_SUCCESS || driver.isDebugged()) {
      driver
          .streams()
          .enqueued(
              "kernel %s, grid %d x %d, block %d x %d, %d bytes of shared memory"
                  .formatted(name, gridX, gridY, blockX, blockY, sharedBytes),
              status,
              stream);
    }
  }
}
