package dev.vl4j.cuda.device;

import static dev.vl4j.cuda.driver.CudaConstants.*;

import dev.vl4j.cuda.driver.Driver;
import dev.vl4j.device.memory.DeviceStream;
import dev.vl4j.device.memory.MemoryInfo;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DeviceLostException;
import java.lang.foreign.MemorySegment;

/**
 * A GPU with its primary context and one stream, on which everything happens in the order in which
 * it is enqueued. It belongs to the thread that opened it.
 */
public final class Gpu implements DeviceStream, AutoCloseable {
  private final Driver driver;
  private final Thread owner = Thread.currentThread();
  private final int number;
  private final int device;
  private final String name;
  private final int computeCapability;
  private final int multiprocessors;
  private final int sharedBytesPerBlock;
  private final long before;
  private final long context;
  private final long stream;
  private boolean closed;

  private Gpu(Driver driver, int number) {
    this.driver = driver;
    this.number = number;
    device = driver.device(number);
    name = driver.deviceName(device);
    computeCapability = computeCapability(driver, device);
    multiprocessors = driver.attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, device);
    sharedBytesPerBlock = sharedBytesPerBlock(driver, device);
    before = driver.currentContext();
    context = driver.retainContext(device);
    try {
      driver.setContext(context);
      stream = driver.streams().createStream();
    } catch (RuntimeException e) {
      driver.releaseContext(device);
      throw e;
    }
  }

  /**
   * Opens a device by its number, on the calling thread.
   *
   * @param driver of this device alone
   */
  public static Gpu open(Driver driver, int number) {
    driver.init();
    return new Gpu(driver, number);
  }

  /** For example 90 for compute capability 9.0; needs no context. */
  public static int computeCapability(Driver driver, int device) {
    return 10 * driver.attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device)
        + driver.attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device);
  }

  /** A device's memory; opens its primary context for the time of the question. */
  public static MemoryInfo memoryInfo(Driver driver, int number) {
    driver.init();
    int device = driver.device(number);
    long before = driver.currentContext();
    long context = driver.retainContext(device);
    try {
      driver.setContext(context);
      return driver.memoryInfo();
    } finally {
      driver.leaveContext(before);
      driver.releaseContext(device);
    }
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
    if (lost()) {
      throw new DeviceLostException("%s: the device was lost".formatted(this));
    }
    if (closed) {
      throw new BackendException("%s is closed".formatted(this));
    }
    driver.setContext(context);
  }

  /** Most shared memory that a block can have; needs no context. */
  public static int sharedBytesPerBlock(Driver driver, int device) {
    return driver.attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, device);
  }

  public Driver driver() {
    return driver;
  }

  public long stream() {
    return stream;
  }

  public int number() {
    return number;
  }

  /** For people: {@code NVIDIA H100 80GB HBM3}. */
  public String name() {
    return name;
  }

  /** For example 90 for compute capability 9.0. */
  public int computeCapability() {
    return computeCapability;
  }

  public int multiprocessors() {
    return multiprocessors;
  }

  /** Most shared memory that a block can have. */
  public int sharedBytesPerBlock() {
    return sharedBytesPerBlock;
  }

  @Override
  public boolean lost() {
    return driver.lost();
  }

  @Override
  public boolean isDebugged() {
    return driver.isDebugged();
  }

  @Override
  public MemoryInfo memoryInfo() {
    return driver.memoryInfo();
  }

  @Override
  public long allocate(long bytes) {
    return driver.memory().allocate(bytes);
  }

  @Override
  public void free(long address) {
    driver.memory().free(address);
  }

  @Override
  public MemorySegment allocatePinned(long bytes) {
    return driver.memory().allocatePinned(bytes);
  }

  @Override
  public void freePinned(MemorySegment memory) {
    driver.memory().freePinned(memory);
  }

  @Override
  public long createEvent() {
    return driver.streams().createEvent();
  }

  @Override
  public void destroyEvent(long event) {
    driver.streams().destroyEvent(event);
  }

  @Override
  public void record(long event) {
    driver.streams().record(event, stream);
  }

  @Override
  public boolean happened(long event) {
    return driver.streams().happened(event);
  }

  @Override
  public void await(long event) {
    driver.streams().await(event);
  }

  @Override
  public void upload(long to, MemorySegment host, long bytes) {
    driver.memory().upload(to, host, bytes, stream);
  }

  @Override
  public void synchronize() {
    driver.streams().synchronize(stream);
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
      if (!driver.lost()) {
        driver.setContext(context);
        driver.streams().synchronize(stream);
      }
    } catch (DeviceLostException e) {
      // It is lost for whoever waits for its results, and not for whoever gives it back.
    } finally {
      driver.streams().destroyStream(stream);
      driver.leaveContext(before);
      driver.releaseContext(device);
    }
  }

  /** {@code cuda:0 (NVIDIA H100 80GB HBM3)}. */
  @Override
  public String toString() {
    return "cuda:%d (%s)".formatted(number, name);
  }
}
