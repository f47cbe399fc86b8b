package dev.vl4j.cuda.fake;

import static dev.vl4j.cuda.driver.CudaConstants.*;
import static java.lang.foreign.ValueLayout.ADDRESS;

import dev.vl4j.device.fake.FakeFault;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The driver's functions on statuses, devices and contexts, and what all others ask of them. */
@SuppressWarnings("restricted") // it is given pointers
final class FakeDriver {
  private static final long FIRST_DEVICE = 0;

  private final FakeCuda fake;
  private final int version;
  private final Map<String, MemorySegment> texts = new ConcurrentHashMap<>();
  private final Map<Thread, FakeContext> current = new ConcurrentHashMap<>();
  private final Map<Integer, Long> contextHandles = new ConcurrentHashMap<>();
  private volatile boolean initialized;

  FakeDriver(FakeCuda fake, int version) {
    this.fake = fake;
    this.version = version;
  }

  /** Text for a program, which may keep it. */
  MemorySegment text(String text) {
    return texts.computeIfAbsent(text, t -> Arena.ofAuto().allocateFrom(t));
  }

  private void requireInitialized() {
    if (!initialized) {
      throw new Status(CUDA_ERROR_NOT_INITIALIZED);
    }
  }

  /** The calling thread's context, if it is of any use. */
  FakeContext context() {
    requireInitialized();
    FakeContext context = current.get(Thread.currentThread());
    if (context == null) {
      throw new Status(CUDA_ERROR_INVALID_CONTEXT);
    }
    if (context.users() == 0) {
      throw new Status(CUDA_ERROR_CONTEXT_IS_DESTROYED);
    }
    if (context.fault() != 0) {
      throw new Status(context.fault());
    }
    return context;
  }

  /** A stream of the calling thread's context. */
  FakeStream stream(long handle) {
    FakeContext context = context();
    FakeStream stream = fake.handles().get(handle, FakeStream.class);
    if (stream.context() != context) {
      throw new FakeFault(
          "a stream of device %d is used in the context of device %d"
              .formatted(stream.context().number(), context.number()));
    }
    return stream;
  }

  private FakeContext device(int handle) {
    requireInitialized();
    if (handle < FIRST_DEVICE || handle >= fake.contexts().size()) {
      throw new Status(CUDA_ERROR_INVALID_DEVICE);
    }
    return fake.contexts().get(handle);
  }

  @Symbol("cuGetErrorName")
  int errorName(int status, MemorySegment out) {
    String name =
        HeaderTable.get().numbers().entrySet().stream()
            .filter(entry -> entry.getValue() == status)
            .map(Map.Entry::getKey)
            .filter(key -> key.startsWith("CUDA_ERROR_") || key.equals("CUDA_SUCCESS"))
            .findFirst()
            .orElse("");
    return say(name, out);
  }

  @Symbol("cuGetErrorString")
  int errorString(int status, MemorySegment out) {
    return say(status == CUDA_SUCCESS ? "no error" : "fake error " + status, out);
  }

  private int say(String text, MemorySegment out) {
    if (text.isEmpty()) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    out.reinterpret(8).set(ADDRESS, 0, text(text));
    return CUDA_SUCCESS;
  }

  @Symbol("cuInit")
  int init(int flags) {
    if (flags != 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    if (fake.contexts().isEmpty()) {
      return CUDA_ERROR_NO_DEVICE;
    }
    initialized = true;
    return CUDA_SUCCESS;
  }

  @Symbol("cuDriverGetVersion")
  int version(MemorySegment out) {
    Out.putInt(out, version);
    return CUDA_SUCCESS;
  }

  @Symbol("cuDeviceGetCount")
  int deviceCount(MemorySegment out) {
    requireInitialized();
    Out.putInt(out, fake.contexts().size());
    return CUDA_SUCCESS;
  }

  @Symbol("cuDeviceGet")
  int device(MemorySegment out, int number) {
    Out.putInt(out, device(number).number());
    return CUDA_SUCCESS;
  }

  @Symbol("cuDeviceGetName")
  int deviceName(MemorySegment out, int length, int device) {
    String name = device(device).device().name();
    out.reinterpret(length).setString(0, name);
    return CUDA_SUCCESS;
  }

  @Symbol("cuDeviceGetAttribute")
  int attribute(MemorySegment out, int attribute, int device) {
    FakeDevice properties = device(device).device();
    Out.putInt(
        out,
        switch (attribute) {
          case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT -> properties.multiprocessors();
          case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE -> 50 << 20;
          case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR -> properties.capability() / 10;
          case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR -> properties.capability() % 10;
          case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN -> properties.sharedBytes();
          case CU_DEVICE_ATTRIBUTE_READ_ONLY_HOST_REGISTER_SUPPORTED -> 1;
          default -> throw new Status(CUDA_ERROR_INVALID_VALUE);
        });
    return CUDA_SUCCESS;
  }

  @Symbol("cuDeviceTotalMem_v2")
  int totalMemory(MemorySegment out, int device) {
    Out.put(out, device(device).device().bytes());
    return CUDA_SUCCESS;
  }

  @Symbol("cuDevicePrimaryCtxRetain")
  int retainContext(MemorySegment out, int device) {
    FakeContext context = device(device);
    context.retain();
    Out.put(out, contextHandles.computeIfAbsent(device, d -> fake.handles().add(context)));
    return CUDA_SUCCESS;
  }

  @Symbol("cuDevicePrimaryCtxRelease_v2")
  int releaseContext(int device) {
    FakeContext context = device(device);
    context.synchronize();
    return context.release() ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
  }

  @Symbol("cuCtxSetCurrent")
  int setContext(long handle) {
    requireInitialized();
    if (handle == 0) {
      current.remove(Thread.currentThread());
    } else {
      current.put(Thread.currentThread(), fake.handles().get(handle, FakeContext.class));
    }
    return CUDA_SUCCESS;
  }

  @Symbol("cuCtxGetCurrent")
  int currentContext(MemorySegment out) {
    requireInitialized();
    FakeContext context = current.get(Thread.currentThread());
    Out.put(out, context == null ? 0 : contextHandles.get(context.number()));
    return CUDA_SUCCESS;
  }

  @Symbol("cuMemGetInfo_v2")
  int memoryInfo(MemorySegment free, MemorySegment total) {
    FakeContext context = context();
    Out.put(free, context.free());
    Out.put(total, context.device().bytes());
    return CUDA_SUCCESS;
  }
}
