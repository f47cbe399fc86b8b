package dev.vl4j.ascend.driver;

import static dev.vl4j.ascend.bindings.AscendConstants.*;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.vl4j.device.library.Symbols;
import dev.vl4j.device.memory.MemoryInfo;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DeviceLostException;
import dev.vl4j.kernels.OutOfDeviceMemoryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The runtime's functions on devices, memory, streams and events. Handles and addresses on the
 * device are longs; a {@code MemorySegment} is memory of the host.
 *
 * <p>Every call may throw an {@link AscendException} with the call and CANN's reason, an {@link
 * OutOfDeviceMemoryException}, or a {@link DeviceLostException}. What gives something back throws
 * nothing once the device is lost: it took everything with it.
 *
 * <p>An instance serves one NPU, which is current for the thread that calls it.
 */
public final class Cann {
  /** Whether to wait for each operator where it is enqueued, so that a fault has its name. */
  public static final String DEBUG_PROPERTY = "vl4j.ascend.debug";

  /** Operators that an error of the device is told with. */
  private static final int REMEMBERED = 8;

  /** For ever. */
  private static final int NO_TIMEOUT = -1;

  private final Functions functions;
  private final boolean debug = Boolean.getBoolean(DEBUG_PROPERTY);
  private final Deque<String> recent = new ArrayDeque<>();
  private @Nullable String loss;

  /** Calls nothing yet. */
  public Cann(Symbols symbols) {
    functions = new Functions(symbols);
  }

  /** The functions of its libraries. */
  public Functions functions() {
    return functions;
  }

  /** Whether a fault has made the device useless: everything fails from then on. */
  public boolean lost() {
    return loss != null;
  }

  /** Whether {@link #DEBUG_PROPERTY} is set. */
  public boolean isDebugged() {
    return debug;
  }

  private int status(String function, Object... arguments) {
    return functions.get(function).status(arguments);
  }

  /** Calls a function, whose status must be success. */
  void call(String function, Object... arguments) {
    check(function, status(function, arguments));
  }

  /**
   * Checks a status.
   *
   * @param operation names what was called, for the message
   * @throws AscendException if it is not success
   * @throws DeviceLostException if the device computes nothing any more
   */
  public void check(String operation, int status) {
    if (status != ACL_SUCCESS) {
      throw failure(operation, status);
    }
  }

  private BackendException failure(String operation, int status) {
    String said = said(operation, status);
    if (loss != null) {
      return new DeviceLostException("%s; the device was lost before: %s".formatted(said, loss));
    }
    if (Statuses.poisons(status)) {
      loss = said + "; operators before it, the latest first: " + String.join(", ", recent);
      return new DeviceLostException(
          "%s; the device computes nothing any more. -D%s=true finds out which operator it is"
              .formatted(loss, DEBUG_PROPERTY));
    }
    return new AscendException(said, status);
  }

  /** What failed, the status's name and meaning, and the library's own last words. */
  private String said(String operation, int status) {
    StringBuilder said = new StringBuilder("%s: %s".formatted(operation, Statuses.name(status)));
    for (String more : new String[] {Statuses.explanation(status), lastMessage()}) {
      if (!more.isEmpty()) {
        said.append(": ").append(more);
      }
    }
    return said.toString();
  }

  /** The library's last message of this thread, on one line; empty if there is none. */
  private String lastMessage() {
    return functions
        .find("aclGetRecentErrMsg")
        .map(function -> text(function.address()).replaceAll("\\s+", " ").strip())
        .orElse("");
  }

  @SuppressWarnings("restricted") // the library says where its text lies
  private static String text(MemorySegment address) {
    return address.address() == 0 ? "" : address.reinterpret(Long.MAX_VALUE).getString(0);
  }

  /** A call that gives something back. */
  private void release(String function, Object... arguments) {
    boolean before = lost();
    int status = status(function, arguments);
    if (status != ACL_SUCCESS && !before) {
      throw failure(function, status);
    }
  }

  /** Calls a function that writes a number or handle of at most 8 bytes to its first argument. */
  private long make(String function, Object... more) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_LONG);
      Object[] arguments = new Object[more.length + 1];
      arguments[0] = out;
      System.arraycopy(more, 0, arguments, 1, more.length);
      call(function, arguments);
      return out.get(JAVA_LONG, 0);
    }
  }

  private static MemorySegment at(long address) {
    return MemorySegment.ofAddress(address);
  }

  /** Must be called first; may be called again in a process, which is no error. */
  public void init() {
    int status = status("aclInit", MemorySegment.NULL);
    if (status != ACL_ERROR_REPEAT_INITIALIZE) {
      check("aclInit", status);
    }
  }

  /** The version of the runtime's interface: {@code 1.16.0}; empty if it does not tell. */
  public String version() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment numbers = arena.allocate(JAVA_INT, 3);
      return functions
          .find("aclrtGetVersion")
          .filter(function ->
              function.status(numbers, numbers.asSlice(4), numbers.asSlice(8)) == ACL_SUCCESS)
          .map(_ ->
              "%d.%d.%d"
                  .formatted(
                      numbers.getAtIndex(JAVA_INT, 0),
                      numbers.getAtIndex(JAVA_INT, 1),
                      numbers.getAtIndex(JAVA_INT, 2)))
          .orElse("");
    }
  }

  /** How many devices the driver sees. */
  public int deviceCount() {
    return (int) make("aclrtGetDeviceCount");
  }

  /**
   * Takes a device, which becomes the calling thread's. CANN counts how often a process does so;
   * {@link #resetDevice} takes one back.
   */
  public void setDevice(int device) {
    call("aclrtSetDevice", device);
  }

  /** The context of the calling thread's device. */
  public long context() {
    return make("aclrtGetCurrentContext");
  }

  /** Makes a device that was taken before the calling thread's again, by its context. */
  public void setContext(long context) {
    call("aclrtSetCurrentContext", at(context));
  }

  /** Gives a device back that the calling thread has. */
  public void resetDevice(int device) {
    release("aclrtResetDevice", device);
  }

  /** The processor's name: {@code Ascend910B3}. A device must be set. */
  public String socName() {
    return text(functions.get("aclrtGetSocName").address());
  }

  /** The memory of the calling thread's device. */
  public MemoryInfo memoryInfo() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment numbers = arena.allocate(JAVA_LONG, 2);
      call("aclrtGetMemInfo", ACL_HBM_MEM, numbers, numbers.asSlice(Long.BYTES));
      return new MemoryInfo(numbers.getAtIndex(JAVA_LONG, 0), numbers.getAtIndex(JAVA_LONG, 1));
    }
  }

  /**
   * Memory of the device, contents undefined, its address a multiple of 64.
   *
   * @param bytes more than 0
   * @throws OutOfDeviceMemoryException with what is free
   */
  public long allocate(long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_LONG);
      int status = status("aclrtMalloc", out, bytes, ACL_MEM_MALLOC_HUGE_FIRST);
      if (Statuses.isOutOfMemory(status)) {
        throw new OutOfDeviceMemoryException(
            said("aclrtMalloc", status), bytes, memoryInfo().free());
      }
      check("aclrtMalloc", status);
      return out.get(JAVA_LONG, 0);
    }
  }

  /** Frees memory that nothing enqueued uses any more. */
  public void free(long address) {
    release("aclrtFree", at(address));
  }

  /**
   * Page-locked memory of the host, contents undefined, for {@link #freePinned}.
   *
   * @throws AscendException if the host does not have it
   */
  @SuppressWarnings("restricted") // the library says where memory lies
  public MemorySegment allocatePinned(long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_LONG);
      call("aclrtMallocHost", out, bytes);
      return at(out.get(JAVA_LONG, 0)).reinterpret(bytes);
    }
  }

  /** Frees memory of {@link #allocatePinned}. */
  public void freePinned(MemorySegment memory) {
    release("aclrtFreeHost", memory);
  }

  /** Enqueues a copy of page-locked memory to the device. */
  public void upload(long to, MemorySegment host, long bytes, long stream) {
    enqueue(
        "aclrtMemcpyAsync",
        stream,
        at(to),
        bytes,
        host,
        bytes,
        ACL_MEMCPY_HOST_TO_DEVICE,
        at(stream));
  }

  /** Enqueues a copy to page-locked memory. */
  public void download(MemorySegment host, long from, long bytes, long stream) {
    enqueue(
        "aclrtMemcpyAsync",
        stream,
        host,
        bytes,
        at(from),
        bytes,
        ACL_MEMCPY_DEVICE_TO_HOST,
        at(stream));
  }

  /** Enqueues filling memory with a byte. */
  public void fill(long address, int value, long bytes, long stream) {
    enqueue("aclrtMemsetAsync", stream, at(address), bytes, value, bytes, at(stream));
  }

  private void enqueue(String function, long stream, Object... arguments) {
    enqueued(function, status(function, arguments), stream);
  }

  /** To be called after each operation that was enqueued; {@code what} names it. */
  public void enqueued(String what, int status, long stream) {
    check(what, status);
    if (recent.size() == REMEMBERED) {
      recent.removeLast();
    }
    recent.addFirst(what);
    if (debug) {
      check(
          what + ", waited for",
          status("aclrtSynchronizeStreamWithTimeout", at(stream), NO_TIMEOUT));
    }
  }

  /** A stream. */
  public long createStream() {
    return make("aclrtCreateStream");
  }

  /** Waits until everything on the stream is done. */
  public void synchronize(long stream) {
    call("aclrtSynchronizeStreamWithTimeout", at(stream), NO_TIMEOUT);
  }

  /** Gives a stream back. */
  public void destroyStream(long stream) {
    release("aclrtDestroyStream", at(stream));
  }

  /** An event without a time. */
  public long createEvent() {
    return make("aclrtCreateEventWithFlag", ACL_EVENT_SYNC);
  }

  /** The event happens once everything is done that is on the stream now. */
  public void record(long event, long stream) {
    call("aclrtRecordEvent", at(event), at(stream));
  }

  /** Whether an event has happened. */
  public boolean happened(long event) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_INT);
      call("aclrtQueryEventStatus", at(event), out);
      return out.get(JAVA_INT, 0) == ACL_EVENT_RECORDED_STATUS_COMPLETE;
    }
  }

  /** Waits for an event. */
  public void await(long event) {
    call("aclrtSynchronizeEvent", at(event));
  }

  /** Gives an event back. */
  public void destroyEvent(long event) {
    release("aclrtDestroyEvent", at(event));
  }
}
