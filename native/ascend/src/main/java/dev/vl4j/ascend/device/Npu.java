package dev.vl4j.ascend.device;

import dev.vl4j.ascend.driver.Cann;
import dev.vl4j.device.memory.DeviceStream;
import dev.vl4j.device.memory.MemoryInfo;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DeviceLostException;
import java.lang.foreign.MemorySegment;

/**
 * An NPU and one stream, on which everything happens in the order in which it is enqueued. It
 * belongs to the thread that opened it: CANN keeps the device, and what operators prepare, by
 * thread.
 */
public final class Npu implements DeviceStream, AutoCloseable {
  /** What their names begin with: bfloat16, fused attention, HBM. */
  private static final String SUPPORTED = "Ascend910B";

  private static final long GROUP = 32;

  private final Cann cann;
  private final Thread owner = Thread.currentThread();
  private final int number;
  private final String soc;
  private final long context;
  private final long stream;
  private boolean closed;

  private Npu(Cann cann, int number) {
    this.cann = cann;
    this.number = number;
    cann.setDevice(number);
    try {
      soc = cann.socName();
      String refusal = refusal(soc);
      if (!refusal.isEmpty()) {
        throw new BackendException("ascend:%d: %s".formatted(number, refusal));
      }
      context = cann.context();
      stream = cann.createStream();
    } catch (RuntimeException e) {
      cann.resetDevice(number);
      throw e;
    }
  }

  /**
   * Opens a device by its number, on the calling thread.
   *
   * @param cann of this device alone
   * @throws BackendException if the processor is not supported, with the reason
   */
  public static Npu open(Cann cann, int number) {
    cann.init();
    return new Npu(cann, number);
  }

  /** Why a processor is not supported; empty if it is. */
  public static String refusal(String soc) {
    if (soc.startsWith(SUPPORTED) || soc.startsWith("Ascend910_93")) {
      return "";
    }
    String what = soc.isEmpty() ? "a processor without a name" : soc;
    return soc.startsWith("Ascend310P")
        ? what + " is not supported: it has no bfloat16 and no fused attention; the 910B family has"
        : what + " is not supported; the 910B family is";
  }

  @Override
  public void requireOwner() {
    if (Thread.currentThread() != owner) {
      throw new BackendException(
          "%s belongs to thread %s, which opened it; found thread %s"
              .formatted(this, owner.getName(), Thread.currentThread().getName()));
    }
  }

  @Override
  public void enter() {
    requireOwner();
    if (closed) {
      throw new BackendException("%s is closed".formatted(this));
    }
    if (lost()) {
      throw new DeviceLostException("%s: the device was lost".formatted(this));
    }
    cann.setContext(context);
  }

  /** Its libraries. */
  public Cann cann() {
    return cann;
  }

  /** The stream's handle. */
  public long stream() {
    return stream;
  }

  /** The processor's name. */
  public String soc() {
    return soc;
  }

  /** Enqueues filling memory with zeros. */
  public void zero(long address, long bytes) {
    cann.fill(address, 0, bytes, stream);
  }

  /** Enqueues a copy to page-locked memory. */
  public void download(MemorySegment host, long from, long bytes) {
    cann.download(host, from, bytes, stream);
  }

  @Override
  public boolean lost() {
    return cann.lost();
  }

  @Override
  public boolean isDebugged() {
    return cann.isDebugged();
  }

  /** Operators touch whole groups of 32 bytes, and one group more. */
  @Override
  public long tail() {
    return 2 * GROUP - 1;
  }

  @Override
  public MemoryInfo memoryInfo() {
    return cann.memoryInfo();
  }

  @Override
  public long allocate(long bytes) {
    return cann.allocate(bytes);
  }

  /** Waits, since aclrtFree itself does not. */
  @Override
  public void free(long address) {
    if (!cann.lost()) {
      cann.synchronize(stream);
    }
    cann.free(address);
  }

  @Override
  public MemorySegment allocatePinned(long bytes) {
    return cann.allocatePinned(bytes);
  }

  @Override
  public void freePinned(MemorySegment memory) {
    cann.freePinned(memory);
  }

  @Override
  public long createEvent() {
    return cann.createEvent();
  }

  @Override
  public void destroyEvent(long event) {
    cann.destroyEvent(event);
  }

  @Override
  public void record(long event) {
    cann.record(event, stream);
  }

  @Override
  public boolean happened(long event) {
    return cann.happened(event);
  }

  @Override
  public void await(long event) {
    cann.await(event);
  }

  @Override
  public void upload(long to, MemorySegment host, long bytes) {
    cann.upload(to, host, bytes, stream);
  }

  @Override
  public void synchronize() {
    cann.synchronize(stream);
  }

  /** Gives the device back once everything that was enqueued is done, if it still does anything. */
  @Override
  public void close() {
    requireOwner();
    if (closed) {
      return;
    }
    closed = true;
    try {
      if (!lost()) {
        cann.setContext(context);
        cann.synchronize(stream);
      }
    } catch (DeviceLostException e) {
      // It is lost for whoever waits for its results, and not for whoever gives it back.
    } finally {
      cann.destroyStream(stream);
      cann.resetDevice(number);
    }
  }

  /** {@code ascend:0 (Ascend910B3)}. */
  @Override
  public String toString() {
    return "ascend:%d (%s)".formatted(number, soc);
  }
}
