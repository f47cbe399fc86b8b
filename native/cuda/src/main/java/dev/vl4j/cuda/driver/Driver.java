package dev.vl4j.cuda.driver;

import static dev.vl4j.cuda.driver.CudaConstants.*;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.vl4j.device.library.Symbols;
import dev.vl4j.device.memory.MemoryInfo;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.OutOfDeviceMemoryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * The driver's functions on devices, memory, streams and events, as they are in {@code
 * libcuda.so.1}. Handles and addresses on the device are longs; a {@code MemorySegment} is memory
 * of the host.
 *
 * <p>The names carry the suffixes that cuda.h adds by macro: without them, {@code cuMemAlloc} and
 * others are an old interface with 32-bit addresses.
 *
 * <p>Every call may throw a {@link CudaException} with the call and the driver's reason, an {@link
 * OutOfDeviceMemoryException}, or a {@link dev.vl4j.kernels.DeviceLostException}. What gives
 * something back throws nothing once the device is lost: it took everything with it.
 *
 * <p>An instance serves one GPU, whose context is current for the threads that call it.
 */
public final class Driver {
  /** Whether to wait for each operation where it is enqueued, so that a fault has its name. */
  public static final String DEBUG_PROPERTY = "vl4j.cuda.debug";

  private final Functions functions;
  private final Statuses statuses;
  private final boolean debug = Boolean.getBoolean(DEBUG_PROPERTY);
  private boolean capturing;

  private final MethodHandle init;
  private final MethodHandle version;
  private final MethodHandle deviceCount;
  private final MethodHandle device;
  private final MethodHandle deviceName;
  private final MethodHandle attribute;
  private final MethodHandle totalMemory;
  private final MethodHandle retainContext;
  private final MethodHandle releaseContext;
  private final MethodHandle setContext;
  private final MethodHandle currentContext;
  private final MethodHandle memoryInfo;
  private final MethodHandle allocate;
  private final MethodHandle free;
  private final MethodHandle allocatePinned;
  private final MethodHandle freePinned;
  private final MethodHandle register;
  private final MethodHandle unregister;
  private final MethodHandle upload;
  private final MethodHandle download;
  private final MethodHandle copy;
  private final MethodHandle copyRows;
  private final MethodHandle fill;
  private final MethodHandle createStream;
  private final MethodHandle synchronize;
  private final MethodHandle waitEvent;
  private final MethodHandle destroyStream;
  private final MethodHandle createEvent;
  private final MethodHandle record;
  private final MethodHandle queryEvent;
  private final MethodHandle synchronizeEvent;
  private final MethodHandle elapsed;
  private final MethodHandle destroyEvent;

  /**
   * Binds the functions; calls none.
   *
   * @throws CudaException if one is missing
   */
  public Driver(Symbols symbols) {
    functions = new Functions(symbols);
    statuses = new Statuses(functions);
    init = functions.bind("cuInit", JAVA_INT);
    version = functions.bind("cuDriverGetVersion", ADDRESS);
    deviceCount = functions.bind("cuDeviceGetCount", ADDRESS);
    device = functions.bind("cuDeviceGet", ADDRESS, JAVA_INT);
    deviceName = functions.bind("cuDeviceGetName", ADDRESS, JAVA_INT, JAVA_INT);
    attribute = functions.bind("cuDeviceGetAttribute", ADDRESS, JAVA_INT, JAVA_INT);
    totalMemory = functions.bind("cuDeviceTotalMem_v2", ADDRESS, JAVA_INT);
    retainContext = functions.bind("cuDevicePrimaryCtxRetain", ADDRESS, JAVA_INT);
    releaseContext = functions.bind("cuDevicePrimaryCtxRelease_v2", JAVA_INT);
    setContext = functions.bind("cuCtxSetCurrent", JAVA_LONG);
    currentContext = functions.bind("cuCtxGetCurrent", ADDRESS);
    memoryInfo = functions.bind("cuMemGetInfo_v2", ADDRESS, ADDRESS);
    allocate = functions.bind("cuMemAlloc_v2", ADDRESS, JAVA_LONG);
    free = functions.bind("cuMemFree_v2", JAVA_LONG);
    allocatePinned = functions.bind("cuMemHostAlloc", ADDRESS, JAVA_LONG, JAVA_INT);
    freePinned = functions.bind("cuMemFreeHost", ADDRESS);
    register = functions.bind("cuMemHostRegister_v2", ADDRESS, JAVA_LONG, JAVA_INT);
    unregister = functions.bind("cuMemHostUnregister", ADDRESS);
    upload = functions.bind("cuMemcpyHtoDAsync_v2", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG);
    download = functions.bind("cuMemcpyDtoHAsync_v2", ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    copy = functions.bind("cuMemcpyDtoDAsync_v2", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    copyRows = functions.bind("cuMemcpy2DAsync_v2", ADDRESS, JAVA_LONG);
    fill = functions.bind("cuMemsetD8Async", JAVA_LONG, JAVA_BYTE, JAVA_LONG, JAVA_LONG);
    createStream = functions.bind("cuStreamCreate", ADDRESS, JAVA_INT);
    synchronize = functions.bind("cuStreamSynchronize", JAVA_LONG);
    waitEvent = functions.bind("cuStreamWaitEvent", JAVA_LONG, JAVA_LONG, JAVA_INT);
    destroyStream = functions.bind("cuStreamDestroy_v2", JAVA_LONG);
    createEvent = functions.bind("cuEventCreate", ADDRESS, JAVA_INT);
    record = functions.bind("cuEventRecord", JAVA_LONG, JAVA_LONG);
    queryEvent = functions.bind("cuEventQuery", JAVA_LONG);
    synchronizeEvent = functions.bind("cuEventSynchronize", JAVA_LONG);
    // CUDA 13 has another name for it.
    elapsed =
        functions
            .find("cuEventElapsedTime_v2", ADDRESS, JAVA_LONG, JAVA_LONG)
            .orElseGet(() -> functions.bind("cuEventElapsedTime", ADDRESS, JAVA_LONG, JAVA_LONG));
    destroyEvent = functions.bind("cuEventDestroy_v2", JAVA_LONG);
  }

  Functions functions() {
    return functions;
  }

  /** Every function that was looked for, with the types that it is called with. */
  List<Signature> signatures() {
    return functions.signatures();
  }

  /** Whether a fault has made the context useless: everything fails from then on. */
  public boolean lost() {
    return statuses.lost();
  }

  /** A native call that returns a status. */
  @FunctionalInterface
  interface Call {
    int run() throws Throwable;
  }

  /** A native call that writes a number or handle of at most 8 bytes, and returns a status. */
  @FunctionalInterface
  interface Maker {
    int run(MemorySegment out) throws Throwable;
  }

  static int status(Call call) {
    try {
      return call.run();
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  void check(String operation, Call call) {
    check(operation, status(call));
  }

  void check(String operation, int status) {
    if (status == CUDA_ERROR_OUT_OF_MEMORY) {
      throw outOfMemory(operation + ", whose need the driver does not tell", 0);
    }
    if (status != CUDA_SUCCESS) {
      throw statuses.failure(operation, status);
    }
  }

  long make(String operation, Maker maker) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_LONG);
      check(operation, () -> maker.run(out));
      return out.get(JAVA_LONG, 0);
    }
  }

  /** Checks a call that gives something back. */
  void release(String operation, Call call) {
    int status = status(call);
    if (status == CUDA_SUCCESS) {
      return;
    }
    boolean before = lost();
    BackendException failure = statuses.failure(operation, status);
    if (!before) {
      throw failure;
    }
  }

  /** To be called after each operation that was enqueued; {@code what} names it. */
  void enqueued(Object what, int status, long stream) {
    if (status != CUDA_SUCCESS) {
      check(what.toString(), status);
    }
    if (debug && !capturing) {
      check(what + ", waited for", () -> (int) synchronize.invokeExact(stream));
    }
  }

  /** Whether {@link #DEBUG_PROPERTY} is set. */
  public boolean isDebugged() {
    return debug;
  }

  /** Nothing may be waited for while a stream is captured. */
  void setCapturing(boolean now) {
    capturing = now;
  }

  private OutOfDeviceMemoryException outOfMemory(String what, long needed) {
    return new OutOfDeviceMemoryException(what, needed, memoryInfo().free());
  }

  /** Must be called first; may be called again. */
  public void init() {
    check("cuInit", () -> (int) init.invokeExact(0));
  }

  /** For example 13000 for CUDA 13.0: the latest version that the driver supports. */
  public int version() {
    return (int) make("cuDriverGetVersion", out -> (int) version.invokeExact(out));
  }

  public int deviceCount() {
    return (int) make("cuDeviceGetCount", out -> (int) deviceCount.invokeExact(out));
  }

  /** The handle of a device by its number. */
  public int device(int number) {
    return (int) make("cuDeviceGet of " + number, out -> (int) device.invokeExact(out, number));
  }

  public String deviceName(int device) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocate(256);
      check("cuDeviceGetName", () -> (int) deviceName.invokeExact(name, 256, device));
      return name.getString(0);
    }
  }

  /**
   * @param number {@code CU_DEVICE_ATTRIBUTE_...}
   */
  public int attribute(int number, int device) {
    return (int)
        make(
            "cuDeviceGetAttribute " + number,
            out -> (int) attribute.invokeExact(out, number, device));
  }

  /** The memory that a device has, in bytes; needs no context. */
  public long totalMemory(int device) {
    return make("cuDeviceTotalMem", out -> (int) totalMemory.invokeExact(out, device));
  }

  /** The context that all users of a device share in this process. */
  public long retainContext(int device) {
    return make("cuDevicePrimaryCtxRetain", out -> (int) retainContext.invokeExact(out, device));
  }

  public void releaseContext(int device) {
    release("cuDevicePrimaryCtxRelease", () -> (int) releaseContext.invokeExact(device));
  }

  /** Makes a context current for the calling thread; 0 for none. */
  public void setContext(long context) {
    check("cuCtxSetCurrent", () -> (int) setContext.invokeExact(context));
  }

  /** Makes the context current again that was there before; a lost device is no hindrance. */
  public void leaveContext(long before) {
    release("cuCtxSetCurrent", () -> (int) setContext.invokeExact(before));
  }

  /** The context that is current for the calling thread, or 0. */
  public long currentContext() {
    return make("cuCtxGetCurrent", out -> (int) currentContext.invokeExact(out));
  }

  public MemoryInfo memoryInfo() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytesFree = arena.allocate(JAVA_LONG);
      MemorySegment total = arena.allocate(JAVA_LONG);
      int status = status(() -> (int) memoryInfo.invokeExact(bytesFree, total));
      if (status != CUDA_SUCCESS) {
        throw statuses.failure("cuMemGetInfo", status);
      }
      return new MemoryInfo(bytesFree.get(JAVA_LONG, 0), total.get(JAVA_LONG, 0));
    }
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
      int status = status(() -> (int) allocate.invokeExact(out, bytes));
      if (status == CUDA_ERROR_OUT_OF_MEMORY) {
        throw outOfMemory("cuMemAlloc", bytes);
      }
      check("cuMemAlloc of %d bytes".formatted(bytes), status);
      return out.get(JAVA_LONG, 0);
    }
  }

  /** Frees memory once all that was enqueued is done; may wait for it. */
  public void free(long address) {
    release("cuMemFree of 0x%x".formatted(address), () -> (int) free.invokeExact(address));
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
      int status = status(() -> (int) allocatePinned.invokeExact(out, bytes, 0));
      if (status != CUDA_SUCCESS) {
        throw statuses.failure(operation, status); // also if it is the host's memory that is out
      }
      return out.get(ADDRESS, 0).reinterpret(bytes);
    }
  }

  public void freePinned(MemorySegment memory) {
    release("cuMemFreeHost", () -> (int) freePinned.invokeExact(memory));
  }

  /**
   * Page-locks memory of the host that is there already, such as a mapped file: copies from it run
   * at the bus's full speed.
   *
   * @param flags {@code CU_MEMHOSTREGISTER_...}
   */
  public void register(MemorySegment memory, int flags) {
    String operation = "cuMemHostRegister of %d bytes".formatted(memory.byteSize());
    int status = status(() -> (int) register.invokeExact(memory, memory.byteSize(), flags));
    if (status != CUDA_SUCCESS) {
      throw statuses.failure(operation, status); // also if it is the host's memory that is out
    }
  }

  public void unregister(MemorySegment memory) {
    release("cuMemHostUnregister", () -> (int) unregister.invokeExact(memory));
  }

  /**
   * Enqueues a copy to the device. Page-locked memory is read when the copy runs, other memory
   * before this returns.
   */
  public void upload(long to, MemorySegment host, long bytes, long stream) {
    int status;
    try {
      status = (int) upload.invokeExact(to, host, bytes, stream);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
    if (status != CUDA_SUCCESS || debug) {
      enqueued("upload of %d bytes to 0x%x".formatted(bytes, to), status, stream);
    }
  }

  /** Enqueues a copy to the host. Waits for it unless the host's memory is page-locked. */
  public void download(MemorySegment host, long from, long bytes, long stream) {
    int status = status(() -> (int) download.invokeExact(host, from, bytes, stream));
    if (status != CUDA_SUCCESS || debug) {
      enqueued("download of %d bytes from 0x%x".formatted(bytes, from), status, stream);
    }
  }

  /** Enqueues a copy from device memory to device memory, which must not overlap. */
  public void copy(long to, long from, long bytes, long stream) {
    int status = status(() -> (int) copy.invokeExact(to, from, bytes, stream));
    if (status != CUDA_SUCCESS || debug) {
      enqueued("copy of %d bytes from 0x%x to 0x%x".formatted(bytes, from, to), status, stream);
    }
  }

  /**
   * Enqueues a copy of rows to the device, see {@link #upload}.
   *
   * @param toPitch bytes from a row's start to the next row's, at least {@code rowBytes}
   */
  public void uploadRows(
      long to,
      long toPitch,
      MemorySegment host,
      long hostPitch,
      long rowBytes,
      long rows,
      long stream) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment how = arena.allocate(CUDA_MEMCPY2D);
      how.set(JAVA_INT, at("srcMemoryType"), CU_MEMORYTYPE_HOST);
      how.set(ADDRESS, at("srcHost"), host);
      how.set(JAVA_LONG, at("srcPitch"), hostPitch);
      how.set(JAVA_INT, at("dstMemoryType"), CU_MEMORYTYPE_DEVICE);
      how.set(JAVA_LONG, at("dstDevice"), to);
      how.set(JAVA_LONG, at("dstPitch"), toPitch);
      how.set(JAVA_LONG, at("WidthInBytes"), rowBytes);
      how.set(JAVA_LONG, at("Height"), rows);
      int status = status(() -> (int) copyRows.invokeExact(how, stream));
      if (status != CUDA_SUCCESS || debug) {
        enqueued(
            "upload of %d rows of %d bytes to 0x%x, pitch %d"
                .formatted(rows, rowBytes, to, toPitch),
            status,
            stream);
      }
    }
  }

  private static long at(String field) {
    return CUDA_MEMCPY2D.byteOffset(java.lang.foreign.MemoryLayout.PathElement.groupElement(field));
  }

  /** Enqueues filling memory with a byte. */
  public void fill(long address, byte value, long bytes, long stream) {
    int status = status(() -> (int) fill.invokeExact(address, value, bytes, stream));
    if (status != CUDA_SUCCESS || debug) {
      enqueued("fill of %d bytes at 0x%x".formatted(bytes, address), status, stream);
    }
  }

  /** A stream that does not wait for the context's default stream. */
  public long createStream() {
    return make(
        "cuStreamCreate", out -> (int) createStream.invokeExact(out, CU_STREAM_NON_BLOCKING));
  }

  /** Waits until everything on the stream is done. */
  public void synchronize(long stream) {
    check("cuStreamSynchronize", () -> (int) synchronize.invokeExact(stream));
  }

  /** Lets a stream wait for an event of another. */
  public void waitFor(long event, long stream) {
    check("cuStreamWaitEvent", () -> (int) waitEvent.invokeExact(stream, event, 0));
  }

  /** What the stream still has to do is done all the same. */
  public void destroyStream(long stream) {
    release("cuStreamDestroy", () -> (int) destroyStream.invokeExact(stream));
  }

  /** An event without a time. */
  public long createEvent() {
    return createEvent(CU_EVENT_DISABLE_TIMING);
  }

  /**
   * @param flags {@code CU_EVENT_...}
   */
  public long createEvent(int flags) {
    return make("cuEventCreate", out -> (int) createEvent.invokeExact(out, flags));
  }

  /** The event happens once everything is done that is on the stream now. */
  public void record(long event, long stream) {
    check("cuEventRecord", () -> (int) record.invokeExact(event, stream));
  }

  /** Whether an event has happened. */
  public boolean happened(long event) {
    return ready("cuEventQuery", status(() -> (int) queryEvent.invokeExact(event)));
  }

  private boolean ready(String operation, int status) {
    if (status == CUDA_ERROR_NOT_READY) {
      return false;
    }
    check(operation, status);
    return true;
  }

  /** Waits for an event. */
  public void await(long event) {
    check("cuEventSynchronize", () -> (int) synchronizeEvent.invokeExact(event));
  }

  /** Milliseconds between two events with times that have happened. */
  public float elapsed(long from, long to) {
    return Float.intBitsToFloat(
        (int) make("cuEventElapsedTime", out -> (int) elapsed.invokeExact(out, from, to)));
  }

  public void destroyEvent(long event) {
    release("cuEventDestroy", () -> (int) destroyEvent.invokeExact(event));
  }
}
