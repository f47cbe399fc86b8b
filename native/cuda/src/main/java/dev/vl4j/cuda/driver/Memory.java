package dev.vl4j.cuda.driver;

import static dev.vl4j.cuda.driver.CudaConstants.*;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.vl4j.kernels.OutOfDeviceMemoryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The driver's functions on memory: of the device, of the host where it is page-locked, and copies
 * between them, which are enqueued on a stream.
 */
public final class Memory {
  private final Driver driver;
  private final Streams streams;
  private final MethodHandle allocate;
  private final MethodHandle free;
  private final MethodHandle allocatePinned;
  private final MethodHandle freePinned;
  private final MethodHandle register;
  private final MethodHandle unregister;
  private final MethodHandle upload;
  private final MethodHandle download;
  private final MethodHandle fill;

  Memory(Driver driver) {
    this.driver = driver;
    streams = driver.streams();
    Functions functions = driver.functions();
    allocate = functions.bind("cuMemAlloc_v2", ADDRESS, JAVA_LONG);
    free = functions.bind("cuMemFree_v2", JAVA_LONG);
    allocatePinned = functions.bind("cuMemHostAlloc", ADDRESS, JAVA_LONG, JAVA_INT);
    freePinned = functions.bind("cuMemFreeHost", ADDRESS);
    register = functions.bind("cuMemHostRegister_v2", ADDRESS, JAVA_LONG, JAVA_INT);
    unregister = functions.bind("cuMemHostUnregister", ADDRESS);
    upload = functions.bind("cuMemcpyHtoDAsync_v2", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG);
    download = functions.bind("cuMemcpyDtoHAsync_v2", ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    fill = functions.bind("cuMemsetD8Async", JAVA_LONG, JAVA_BYTE, JAVA_LONG, JAVA_LONG);
  }

  /**
   * Memory of the device, contents undefined, its address a multiple of 256.
   *
   * @param bytes more than 0
   * @throws OutOfDeviceMemoryException with what is free
   */
  public long allocate(long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_LONG);
      int status = Driver.status(() -> (int) allocate.invokeExact(out, bytes));
      if (status == CUDA_ERROR_OUT_OF_MEMORY) {
        throw driver.outOfMemory("cuMemAlloc", bytes);
      }
      driver.check("cuMemAlloc of %d bytes".formatted(bytes), status);
      return out.get(JAVA_LONG, 0);
    }
  }

  /** Frees memory once all that was enqueued is done; may wait for it. */
  public void free(long address) {
    if (!driver.lost()) {
      streams.before();
    }
    driver.release("cuMemFree of 0x%x".formatted(address), () -> (int) free.invokeExact(address));
  }

  /**
   * Page-locked memory of the host, contents undefined, page-aligned, for {@link #freePinned}.
   *
   * @throws CudaException if the host does not have it
   */
  @SuppressWarnings("restricted") // the driver says where the memory is
  public MemorySegment allocatePinned(long bytes) {
    String operation = "cuMemHostAlloc of %d bytes of page-locked host memory".formatted(bytes);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ADDRESS);
      int status = Driver.status(() -> (int) allocatePinned.invokeExact(out, bytes, 0));
      if (status != CUDA_SUCCESS) {
        throw driver.failure(operation, status); // also if it is the host's memory that is out
      }
      return out.get(ADDRESS, 0).reinterpret(bytes);
    }
  }

  /** Frees memory of {@link #allocatePinned}. */
  public void freePinned(MemorySegment memory) {
    driver.release("cuMemFreeHost", () -> (int) freePinned.invokeExact(memory));
  }

  /**
   * Page-locks memory of the host that is there already, such as a mapped file: copies from it run
   * at the bus's full speed.
   *
   * @param flags {@code CU_MEMHOSTREGISTER_...}
   */
  public void register(MemorySegment memory, int flags) {
    String operation = "cuMemHostRegister of %d bytes".formatted(memory.byteSize());
    int status = Driver.status(() -> (int) register.invokeExact(memory, memory.byteSize(), flags));
    if (status != CUDA_SUCCESS) {
      throw driver.failure(operation, status); // also if it is the host's memory that is out
    }
  }

  /** Ends what {@link #register} began. */
  public void unregister(MemorySegment memory) {
    driver.release("cuMemHostUnregister", () -> (int) unregister.invokeExact(memory));
  }

  /**
   * Enqueues a copy to the device. Page-locked memory is read when the copy runs, other memory
   * before this returns.
   */
  public void upload(long to, MemorySegment host, long bytes, long stream) {
    streams.before();
    int status;
    try {
      status = (int) upload.invokeExact(to, host, bytes, stream);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
    if (status != CUDA_SUCCESS || driver.isDebugged()) {
      streams.enqueued("upload of %d bytes to 0x%x".formatted(bytes, to), status, stream);
    }
  }

  /** Enqueues a copy to the host. Waits for it unless the host's memory is page-locked. */
  public void download(MemorySegment host, long from, long bytes, long stream) {
    streams.before();
    int status = Driver.status(() -> (int) download.invokeExact(host, from, bytes, stream));
    if (status != CUDA_SUCCESS || driver.isDebugged()) {
      streams.enqueued("download of %d bytes from 0x%x".formatted(bytes, from), status, stream);
    }
  }

  /** Enqueues filling memory with a byte. */
  public void fill(long address, byte value, long bytes, long stream) {
    streams.before();
    int status = Driver.status(() -> (int) fill.invokeExact(address, value, bytes, stream));
    if (status != CUDA_SUCCESS || driver.isDebugged()) {
      streams.enqueued("fill of %d bytes at 0x%x".formatted(bytes, address), status, stream);
    }
  }
}
