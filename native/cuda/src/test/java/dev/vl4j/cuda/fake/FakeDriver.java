package dev.vl4j.cuda.fake;

import static dev.vl4j.cuda.driver.CudaConstants.*;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.vl4j.device.fake.FakeFault;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The driver's functions on devices, contexts, memory, streams, events and graphs. */
@SuppressWarnings("restricted") // it is given pointers
final class FakeDriver {
  private static final long FIRST_DEVICE = 0;

  private final FakeCuda fake;
  private final int version;
  private final Map<String, MemorySegment> texts = new ConcurrentHashMap<>();
  private final Map<Thread, FakeContext> current = new ConcurrentHashMap<>();
  private final Map<Integer, Long> contextHandles = new ConcurrentHashMap<>();
  private volatile boolean initialized;
  private int streams;

  FakeDriver(FakeCuda fake, int version) {
    this.fake = fake;
    this.version = version;
  }

  private static void put(MemorySegment out, long value) {
    out.reinterpret(8).set(JAVA_LONG, 0, value);
  }

  private static void putInt(MemorySegment out, int value) {
    out.reinterpret(4).set(JAVA_INT, 0, value);
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
    putInt(out, version);
    return CUDA_SUCCESS;
  }

  @Symbol("cuDeviceGetCount")
  int deviceCount(MemorySegment out) {
    requireInitialized();
    putInt(out, fake.contexts().size());
    return CUDA_SUCCESS;
  }

  @Symbol("cuDeviceGet")
  int device(MemorySegment out, int number) {
    putInt(out, device(number).number());
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
    putInt(
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
    put(out, device(device).device().bytes());
    return CUDA_SUCCESS;
  }

  @Symbol("cuDevicePrimaryCtxRetain")
  int retainContext(MemorySegment out, int device) {
    FakeContext context = device(device);
    context.retain();
    put(out, contextHandles.computeIfAbsent(device, d -> fake.handles().add(context)));
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
    put(out, context == null ? 0 : contextHandles.get(context.number()));
    return CUDA_SUCCESS;
  }

  @Symbol("cuMemGetInfo_v2")
  int memoryInfo(MemorySegment free, MemorySegment total) {
    FakeContext context = context();
    put(free, context.free());
    put(total, context.device().bytes());
    return CUDA_SUCCESS;
  }

  /** What would end a recording in the calling thread. */
  private void requireNoCapture(FakeContext context) {
    for (Object object : fake.handles().all()) {
      if (object instanceof FakeStream stream
          && stream.context() == context
          && stream.capture != null) {
        throw new FakeFault("this may not be called while a stream is captured");
      }
    }
  }

  @Symbol("cuMemAlloc_v2")
  int allocate(MemorySegment out, long bytes) {
    FakeContext context = context();
    requireNoCapture(context);
    if (bytes <= 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    long address = context.allocate(bytes);
    if (address == 0) {
      return CUDA_ERROR_OUT_OF_MEMORY;
    }
    put(out, address);
    return CUDA_SUCCESS;
  }

  @Symbol("cuMemFree_v2")
  int free(long address) {
    FakeContext context = context();
    requireNoCapture(context);
    if (!context.free(address)) {
      throw new FakeFault("free of 0x%x, where no allocation starts".formatted(address));
    }
    return CUDA_SUCCESS;
  }

  @Symbol("cuMemHostAlloc")
  int allocatePinned(MemorySegment out, long bytes, int flags) {
    context();
    if (bytes <= 0 || flags != 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    put(out, fake.hostMemory().allocate(bytes).address());
    return CUDA_SUCCESS;
  }

  @Symbol("cuMemFreeHost")
  int freePinned(MemorySegment memory) {
    FakeContext context = context();
    context.synchronize();
    return fake.hostMemory().remove(memory.address(), false)
        ? CUDA_SUCCESS
        : CUDA_ERROR_INVALID_VALUE;
  }

  @Symbol("cuMemHostRegister_v2")
  int register(MemorySegment memory, long bytes, int flags) {
    context();
    if (bytes <= 0 || (flags & ~CU_MEMHOSTREGISTER_READ_ONLY) != 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    boolean readOnly = (flags & CU_MEMHOSTREGISTER_READ_ONLY) != 0;
    return fake.hostMemory().register(HostMemory.pageable(memory, bytes), readOnly)
        ? CUDA_SUCCESS
        : CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
  }

  @Symbol("cuMemHostUnregister")
  int unregister(MemorySegment memory) {
    context();
    return fake.hostMemory().remove(memory.address(), true)
        ? CUDA_SUCCESS
        : CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
  }

  @Symbol("cuMemcpyHtoDAsync_v2")
  int upload(long to, MemorySegment host, long bytes, long stream) {
    uploadRows(to, bytes, host, bytes, bytes, 1, stream);
    return CUDA_SUCCESS;
  }

  private void uploadRows(
      long to,
      long toPitch,
      MemorySegment host,
      long hostPitch,
      long rowBytes,
      long rows,
      long stream) {
    FakeStream on = stream(stream);
    FakeMemory memory = fake.memory();
    String what = "upload of %d x %d bytes to 0x%x".formatted(rows, rowBytes, to);
    long all = rows == 0 ? 0 : (rows - 1) * hostPitch + rowBytes;
    long from = host.address();
    if (fake.hostMemory().isPinned(from, all)) {
      on.enqueue(
          what,
          () -> {
            MemorySegment source = fake.hostMemory().segment(from, all, false);
            for (long row = 0; row < rows; row++) {
              memory
                  .write(to + row * toPitch, rowBytes)
                  .copyFrom(source.asSlice(row * hostPitch, rowBytes));
            }
          });
    } else {
      MemorySegment source = MemorySegment.ofArray(HostMemory.bytes(host, all));
      on.enqueue(
          what,
          () -> {
            for (long row = 0; row < rows; row++) {
              memory
                  .write(to + row * toPitch, rowBytes)
                  .copyFrom(source.asSlice(row * hostPitch, rowBytes));
            }
          });
    }
  }

  @Symbol("cuMemcpyDtoHAsync_v2")
  int download(MemorySegment host, long from, long bytes, long stream) {
    FakeStream on = stream(stream);
    String what = "download of %d bytes from 0x%x".formatted(bytes, from);
    long to = host.address();
    if (fake.hostMemory().isPinned(to, bytes)) {
      on.enqueue(
          what,
          () ->
              fake.hostMemory().segment(to, bytes, true).copyFrom(fake.memory().read(from, bytes)));
    } else {
      on.enqueue(
          what, () -> HostMemory.pageable(host, bytes).copyFrom(fake.memory().read(from, bytes)));
      on.synchronize();
      context();
    }
    return CUDA_SUCCESS;
  }

  @Symbol("cuMemcpyDtoDAsync_v2")
  int copy(long to, long from, long bytes, long stream) {
    stream(stream)
        .enqueue(
            "copy of %d bytes from 0x%x to 0x%x".formatted(bytes, from, to),
            () -> fake.memory().copy(to, from, bytes));
    return CUDA_SUCCESS;
  }

  @Symbol("cuMemcpy2DAsync_v2")
  int copyRows(MemorySegment how, long stream) {
    MemorySegment p = how.reinterpret(CUDA_MEMCPY2D.byteSize());
    if (p.get(JAVA_INT, at("srcMemoryType")) != CU_MEMORYTYPE_HOST
        || p.get(JAVA_INT, at("dstMemoryType")) != CU_MEMORYTYPE_DEVICE) {
      throw new FakeFault("a copy of rows that is no upload: the fake has none");
    }
    for (String unused : new String[] {"srcXInBytes", "srcY", "dstXInBytes", "dstY"}) {
      if (p.get(JAVA_LONG, at(unused)) != 0) {
        throw new FakeFault("a copy of rows with %s: the fake has none".formatted(unused));
      }
    }
    long rowBytes = p.get(JAVA_LONG, at("WidthInBytes"));
    long hostPitch = p.get(JAVA_LONG, at("srcPitch"));
    long pitch = p.get(JAVA_LONG, at("dstPitch"));
    if (rowBytes > hostPitch || rowBytes > pitch) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    uploadRows(
        p.get(JAVA_LONG, at("dstDevice")),
        pitch,
        p.get(ADDRESS, at("srcHost")),
        hostPitch,
        rowBytes,
        p.get(JAVA_LONG, at("Height")),
        stream);
    return CUDA_SUCCESS;
  }

  /** Where the header has a field. */
  private static long at(String field) {
    return HeaderTable.get().structs().get("CUDA_MEMCPY2D").fields().get(field).offset();
  }

  @Symbol("cuMemsetD8Async")
  int fill(long address, byte value, long bytes, long stream) {
    stream(stream)
        .enqueue(
            "fill of %d bytes at 0x%x".formatted(bytes, address),
            () -> fake.memory().write(address, bytes).fill(value));
    return CUDA_SUCCESS;
  }

  @Symbol("cuStreamCreate")
  int createStream(MemorySegment out, int flags) {
    FakeContext context = context();
    if (flags != CU_STREAM_NON_BLOCKING) {
      throw new FakeFault("a stream that waits for the default stream, flags " + flags);
    }
    FakeStream stream = new FakeStream(context, fake.seed() + streams++);
    context.add(stream);
    put(out, fake.handles().add(stream));
    return CUDA_SUCCESS;
  }

  @Symbol("cuStreamSynchronize")
  int synchronize(long stream) {
    FakeStream on = stream(stream);
    if (on.capture != null) {
      throw new FakeFault("waiting for a stream that is captured");
    }
    on.synchronize();
    context();
    return CUDA_SUCCESS;
  }

  @Symbol("cuStreamWaitEvent")
  int waitEvent(long stream, long event, int flags) {
    FakeStream on = stream(stream);
    FakeEvent awaited = fake.handles().get(event, FakeEvent.class);
    long recording = awaited.last();
    on.enqueue("wait for an event", () -> awaited.await(recording));
    return CUDA_SUCCESS;
  }

  @Symbol("cuStreamDestroy_v2")
  int destroyStream(long stream) {
    FakeStream gone = stream(stream);
    fake.handles().remove(stream, FakeStream.class);
    gone.submit(new FakeStream.Operation("", () -> gone.context().remove(gone)));
    gone.end();
    return CUDA_SUCCESS;
  }

  @Symbol("cuStreamBeginCapture_v2")
  int beginCapture(long stream, int mode) {
    FakeStream on = stream(stream);
    if (on.capture != null || mode != CU_STREAM_CAPTURE_MODE_THREAD_LOCAL) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    on.capture = new FakeGraph();
    return CUDA_SUCCESS;
  }

  @Symbol("cuStreamEndCapture")
  int endCapture(long stream, MemorySegment out) {
    FakeStream on = stream(stream);
    FakeGraph graph = on.capture;
    if (graph == null) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    on.capture = null;
    put(out, fake.handles().add(graph));
    return CUDA_SUCCESS;
  }

  @Symbol("cuGraphInstantiateWithFlags")
  int instantiate(MemorySegment out, long graph, long flags) {
    context();
    FakeGraph recorded = fake.handles().get(graph, FakeGraph.class);
    put(out, fake.handles().add(new FakeGraph.Executable(recorded)));
    return CUDA_SUCCESS;
  }

  @Symbol("cuGraphLaunch")
  int launchGraph(long executable, long stream) {
    FakeStream on = stream(stream);
    FakeGraph graph = fake.handles().get(executable, FakeGraph.Executable.class).graph();
    graph.operations().forEach(on::submit);
    return CUDA_SUCCESS;
  }

  @Symbol("cuGraphDestroy")
  int destroyGraph(long graph) {
    fake.handles().remove(graph, FakeGraph.class);
    return CUDA_SUCCESS;
  }

  @Symbol("cuGraphExecDestroy")
  int destroyExecutable(long executable) {
    fake.handles().remove(executable, FakeGraph.Executable.class);
    return CUDA_SUCCESS;
  }

  @Symbol("cuEventCreate")
  int createEvent(MemorySegment out, int flags) {
    context();
    put(out, fake.handles().add(new FakeEvent((flags & CU_EVENT_DISABLE_TIMING) == 0)));
    return CUDA_SUCCESS;
  }

  @Symbol("cuEventRecord")
  int record(long event, long stream) {
    FakeStream on = stream(stream);
    FakeEvent recorded = fake.handles().get(event, FakeEvent.class);
    long recording = recorded.record();
    // Also on a context that is poisoned meanwhile, or whoever waits would wait forever.
    on.enqueue("", () -> recorded.happen(recording));
    return CUDA_SUCCESS;
  }

  @Symbol("cuEventQuery")
  int queryEvent(long event) {
    context();
    return fake.handles().get(event, FakeEvent.class).hasHappened()
        ? CUDA_SUCCESS
        : CUDA_ERROR_NOT_READY;
  }

  @Symbol("cuEventSynchronize")
  int synchronizeEvent(long event) {
    context();
    FakeEvent awaited = fake.handles().get(event, FakeEvent.class);
    awaited.await(awaited.last());
    context();
    return CUDA_SUCCESS;
  }

  @Symbol("cuEventElapsedTime_v2")
  int elapsed(MemorySegment out, long from, long to) {
    context();
    FakeEvent first = fake.handles().get(from, FakeEvent.class);
    FakeEvent second = fake.handles().get(to, FakeEvent.class);
    if (!first.isTimed() || !second.isTimed()) {
      return CUDA_ERROR_INVALID_HANDLE;
    }
    float milliseconds = (second.nanos() - first.nanos()) * 1e-6f;
    putInt(out, Float.floatToRawIntBits(milliseconds));
    return second.hasHappened() ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
  }

  @Symbol("cuEventElapsedTime")
  int elapsedOfCuda12(MemorySegment out, long from, long to) {
    return elapsed(out, from, to);
  }

  @Symbol("cuEventDestroy_v2")
  int destroyEvent(long event) {
    context();
    fake.handles().remove(event, FakeEvent.class);
    return CUDA_SUCCESS;
  }

  static byte byteAt(MemorySegment memory, long index) {
    return memory.reinterpret(index + 1).get(JAVA_BYTE, index);
  }
}
