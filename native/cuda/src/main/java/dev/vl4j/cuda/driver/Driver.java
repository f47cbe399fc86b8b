package dev.vl4j.cuda.driver;

import static dev.vl4j.cuda.driver.CudaConstants.*;
import static java.lang.foreign.ValueLayout.ADDRESS;
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
 * The driver, as it is in {@code libcuda.so.1}: its functions on devices and contexts, and the
 * checks that all calls of it go through. What it does with {@link Memory}, {@link Streams}, {@link
 * Modules} and {@link Graphs} is in classes of their own. Handles and addresses on the device are
 * longs; a {@code MemorySegment} is memory of the host.
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

  private final Streams streams;
  private final Memory memory;

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
    streams = new Streams(this);
    memory = new Memory(this);
  }

  Functions functions() {
    return functions;
  }

  /** Its functions on streams and events. */
  public Streams streams() {
    return streams;
  }

  /** Its functions on memory. */
  public Memory memory() {
    return memory;
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

  /** Whether {@link #DEBUG_PROPERTY} is set. */
  public boolean isDebugged() {
    return debug;
  }

  /** What a failed call throws, if it is not the device's memory that is out. */
  BackendException failure(String operation, int status) {
    return statuses.failure(operation, status);
  }

  /**
   * @param needed bytes, or 0 if nobody knows
   */
  OutOfDeviceMemoryException outOfMemory(String what, long needed) {
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

  /** How many devices there are. */
  public int deviceCount() {
    return (int) make("cuDeviceGetCount", out -> (int) deviceCount.invokeExact(out));
  }

  /** The handle of a device by its number. */
  public int device(int number) {
    return (int) make("cuDeviceGet of " + number, out -> (int) device.invokeExact(out, number));
  }

  /** For people: {@code NVIDIA H100 80GB HBM3}. */
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

  /** Gives back what {@link #retainContext} gave. */
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

  /** The memory of the current context's device. */
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
}
