package dev.vl4j.ascend.fake;

import dev.vl4j.device.fake.FakeFault;
import dev.vl4j.device.fake.LateQueue;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/** The runtime: devices, memory, streams, events. */
final class RuntimeFunctions {
  /** Of device 0; those of others follow. */
  private static final long CONTEXTS = 0x0C0E_0000L;

  private static final int HOST_TO_DEVICE = 1;
  private static final int DEVICE_TO_HOST = 2;
  private static final int DEVICE_TO_DEVICE = 3;

  private final FakeCann machine;
  private boolean initialized;

  RuntimeFunctions(FakeCann machine) {
    this.machine = machine;
  }

  Map<String, Function> functions() {
    return Map.ofEntries(
        Map.entry("aclInit", this::init),
        Map.entry("aclrtGetVersion", this::version),
        Map.entry("aclrtGetDeviceCount", this::count),
        Map.entry("aclrtSetDevice", this::setDevice),
        Map.entry("aclrtResetDevice", this::resetDevice),
        Map.entry("aclrtGetDevice", this::device),
        Map.entry("aclrtGetCurrentContext", this::context),
        Map.entry("aclrtSetCurrentContext", this::setContext),
        Map.entry("aclrtGetSocName", _ -> socName()),
        Map.entry("aclrtGetMemInfo", this::memoryInfo),
        Map.entry("aclGetRecentErrMsg", _ -> machine.takeMessage()),
        Map.entry("aclrtMalloc", this::malloc),
        Map.entry("aclrtFree", this::free),
        Map.entry("aclrtMallocHost", this::mallocHost),
        Map.entry("aclrtFreeHost", this::freeHost),
        Map.entry("aclrtMemcpy", this::copy),
        Map.entry("aclrtMemcpyAsync", this::copyLater),
        Map.entry("aclrtMemsetAsync", this::fillLater),
        Map.entry("aclrtCreateStream", this::createStream),
        Map.entry("aclrtCreateStreamWithConfig", this::createStream),
        Map.entry("aclrtDestroyStream", this::destroyStream),
        Map.entry("aclrtSynchronizeStream", this::synchronizeStream),
        Map.entry("aclrtSynchronizeStreamWithTimeout", this::synchronizeStream),
        Map.entry("aclrtSynchronizeDevice", _ -> machine.current().fault()),
        Map.entry("aclrtCreateEventWithFlag", this::createEvent),
        Map.entry("aclrtDestroyEvent", this::destroyEvent),
        Map.entry("aclrtRecordEvent", this::record),
        Map.entry("aclrtQueryEventStatus", this::query),
        Map.entry("aclrtSynchronizeEvent", this::awaitEvent),
        Map.entry("aclrtSynchronizeEventWithTimeout", this::awaitEvent));
  }

  private int init(Arguments call) {
    if (call.address("configPath") != 0) {
      throw new FakeFault("aclInit: no configuration was expected");
    }
    if (initialized) {
      throw new Status(Codes.REPEATED, "aclInit: repeated");
    }
    initialized = true;
    return 0;
  }

  boolean isInitialized() {
    return initialized;
  }

  private int version(Arguments call) {
    call.set("major", 1);
    call.set("minor", 16);
    call.set("patch", 0);
    return 0;
  }

  private int count(Arguments call) {
    call.set("count", machine.devices().size());
    return 0;
  }

  private int setDevice(Arguments call) {
    machine.enter(device(call.int32("device")));
    return 0;
  }

  private FakeDevice device(int number) {
    if (number < 0 || number >= machine.devices().size()) {
      throw new Status(Codes.NO_SUCH_DEVICE, "device %d does not exist".formatted(number));
    }
    return machine.devices().get(number);
  }

  private int resetDevice(Arguments call) {
    machine.leave(device(call.int32("device")));
    return 0;
  }

  private int device(Arguments call) {
    call.set("device", machine.current().number());
    return 0;
  }

  private int context(Arguments call) {
    call.set("context", CONTEXTS + machine.current().number());
    return 0;
  }

  /** A context is current for any number of threads, which take no device by it. */
  private int setContext(Arguments call) {
    FakeDevice device = device(Math.toIntExact(call.address("context") - CONTEXTS));
    if (device.users() == 0) {
      throw new Status(Codes.NO_CONTEXT, "the context's device was given back");
    }
    machine.setCurrent(device);
    return 0;
  }

  private MemorySegment socName() {
    return machine.devices().isEmpty() ? MemorySegment.NULL : machine.text(machine.soc());
  }

  private int memoryInfo(Arguments call) {
    FakeDevice device = machine.current();
    if (call.int32("kind") != 1) {
      throw new Status(Codes.RUNTIME_INVALID, "this device has HBM only");
    }
    call.set("freeBytes", device.free());
    call.set("totalBytes", device.bytes());
    return 0;
  }

  private int malloc(Arguments call) {
    FakeDevice device = machine.current();
    long bytes = call.int64("bytes");
    if (bytes <= 0) {
      throw new Status(Codes.RUNTIME_INVALID, "aclrtMalloc of %d bytes".formatted(bytes));
    }
    if (bytes > device.free()) {
      throw new Status(Codes.OUT_OF_MEMORY, "%d bytes, %d free".formatted(bytes, device.free()));
    }
    call.set("memory", machine.memory().allocate(device.number(), bytes));
    return 0;
  }

  /** As in the library, it does not wait: whatever is enqueued must be done by then. */
  private int free(Arguments call) {
    long _ = machine.memory().free(machine.current().number(), call.address("memory"));
    return 0;
  }

  private int mallocHost(Arguments call) {
    FakeDevice _ = machine.current();
    call.set("memory", machine.memory().pin(call.int64("bytes")).address());
    return 0;
  }

  private int freeHost(Arguments call) {
    machine.memory().unpin(call.address("memory"));
    return 0;
  }

  private static void requireRoom(Arguments call) {
    if (call.int64("room") < call.int64("bytes")) {
      throw new Status(
          Codes.RUNTIME_INVALID,
          "%d bytes into %d".formatted(call.int64("bytes"), call.int64("room")));
    }
  }

  private static void requireSides(Arguments call, int kind) {
    boolean fromDevice = FakeMemory.isDevice(call.address("from"));
    boolean toDevice = FakeMemory.isDevice(call.address("to"));
    boolean fits =
        switch (kind) {
          case HOST_TO_DEVICE -> !fromDevice && toDevice;
          case DEVICE_TO_HOST -> fromDevice && !toDevice;
          case DEVICE_TO_DEVICE -> fromDevice && toDevice;
          default -> false;
        };
    if (!fits) {
      throw new FakeFault(
          "%s: a copy of the wrong kind %d".formatted(call.function().name(), kind));
    }
  }

  private int copy(Arguments call) {
    FakeDevice device = machine.current();
    requireRoom(call);
    int kind = call.int32("kind");
    requireSides(call, kind);
    long bytes = call.int64("bytes");
    MemorySegment from =
        kind == HOST_TO_DEVICE
            ? call.host("from", bytes)
            : machine.memory().segment(device.number(), call.address("from"), bytes);
    MemorySegment to =
        kind == DEVICE_TO_HOST
            ? call.host("to", bytes)
            : machine.memory().segment(device.number(), call.address("to"), bytes);
    to.copyFrom(from);
    return 0;
  }

  private int copyLater(Arguments call) {
    requireRoom(call);
    int kind = call.int32("kind");
    requireSides(call, kind);
    FakeStream stream = stream(call);
    long bytes = call.int64("bytes");
    long from = call.address("from");
    long to = call.address("to");
    FakeMemory memory = machine.memory();
    int device = stream.device().number();
    if (kind != DEVICE_TO_DEVICE) {
      MemorySegment _ = memory.pinned(kind == HOST_TO_DEVICE ? from : to, bytes);
    }
    long _ =
        stream.enqueue(
            "copy",
            () ->
                (kind == DEVICE_TO_HOST
                        ? memory.pinned(to, bytes)
                        : memory.segment(device, to, bytes))
                    .copyFrom(
                        kind == HOST_TO_DEVICE
                            ? memory.pinned(from, bytes)
                            : memory.segment(device, from, bytes)));
    return 0;
  }

  private int fillLater(Arguments call) {
    requireRoom(call);
    FakeStream stream = stream(call);
    long address = call.address("memory");
    long bytes = call.int64("bytes");
    byte value = (byte) call.int32("value");
    long _ =
        stream.enqueue(
            "fill",
            () -> {
              MemorySegment _ =
                  machine.memory().segment(stream.device().number(), address, bytes).fill(value);
            });
    return 0;
  }

  private int createStream(Arguments call) {
    FakeStream stream = new FakeStream(machine.current(), new LateQueue(machine.seed()));
    call.set("stream", machine.handles().add(stream));
    return 0;
  }

  /** A stream of the current device. */
  FakeStream stream(Arguments call) {
    FakeStream stream = machine.handles().get(call.address("stream"), FakeStream.class);
    if (stream.device() != machine.current()) {
      throw new Status(Codes.FOREIGN_STREAM, "the stream is another device's");
    }
    return stream;
  }

  private int destroyStream(Arguments call) {
    FakeStream stream = stream(call);
    FakeStream _ = machine.handles().remove(call.address("stream"), FakeStream.class);
    if (stream.device().fault() != 0) {
      // Or it would do the rest once the device is set anew.
      stream.queue().cancel();
    }
    stream.queue().end();
    return 0;
  }

  private int synchronizeStream(Arguments call) {
    FakeStream stream = stream(call);
    stream.queue().synchronize();
    return machine.requireWhole(stream.device());
  }

  private int createEvent(Arguments call) {
    FakeDevice _ = machine.current();
    call.set("event", machine.handles().add(new FakeEvent()));
    return 0;
  }

  private FakeEvent event(Arguments call) {
    return machine.handles().get(call.address("event"), FakeEvent.class);
  }

  private int destroyEvent(Arguments call) {
    FakeEvent _ = machine.handles().remove(call.address("event"), FakeEvent.class);
    return 0;
  }

  private int record(Arguments call) {
    event(call).record(stream(call));
    return 0;
  }

  private int query(Arguments call) {
    call.set("status", event(call).isDone() ? 1 : 0);
    return machine.requireWhole(machine.current());
  }

  private int awaitEvent(Arguments call) {
    event(call).await();
    return machine.requireWhole(machine.current());
  }
}
