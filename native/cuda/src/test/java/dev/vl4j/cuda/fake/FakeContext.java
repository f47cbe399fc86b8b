package dev.vl4j.cuda.fake;

import static dev.vl4j.cuda.driver.CudaConstants.CUDA_ERROR_ILLEGAL_ADDRESS;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;

/** The primary context of a device. */
final class FakeContext {
  private final FakeCuda fake;
  private final int number;
  private final FakeDevice device;
  private final List<FakeStream> streams = new ArrayList<>();
  private final Set<Long> leaving = new TreeSet<>();
  private long used;
  private int users;
  private int fault;

  FakeContext(FakeCuda fake, int number, FakeDevice device) {
    this.fake = fake;
    this.number = number;
    this.device = device;
  }

  FakeDevice device() {
    return device;
  }

  int number() {
    return number;
  }

  synchronized void retain() {
    users++;
  }

  /** Whether there was a user. */
  synchronized boolean release() {
    if (users == 0) {
      return false;
    }
    users--;
    return true;
  }

  synchronized int users() {
    return users;
  }

  /** Status of everything from now on, or 0. */
  synchronized int fault() {
    return fault;
  }

  synchronized void poison(int status) {
    if (fault == 0) {
      fault = status;
    }
  }

  synchronized void add(FakeStream stream) {
    streams.add(stream);
  }

  synchronized void remove(FakeStream stream) {
    streams.remove(stream);
  }

  private synchronized List<FakeStream> streams() {
    return List.copyOf(streams);
  }

  synchronized long free() {
    return device.bytes() - used;
  }

  /** An address, or 0 if the device does not have the memory. */
  synchronized long allocate(long bytes) {
    if (bytes > free()) {
      return 0;
    }
    used += bytes;
    return fake.memory().allocate(number, bytes);
  }

  /**
   * Frees memory once everything is done that is enqueued; false if there is none at the address.
   */
  boolean free(long address) {
    FakeMemory memory = fake.memory();
    synchronized (this) {
      if (!memory.isAllocated(address) || !leaving.add(address)) {
        return false;
      }
      used -= memory.bytes(address);
    }
    List<FakeStream> all = streams();
    AtomicInteger missing = new AtomicInteger(all.size() + 1);
    Runnable arrive =
        () -> {
          if (missing.decrementAndGet() == 0) {
            synchronized (this) {
              leaving.remove(address);
            }
            memory.free(address);
          }
        };
    for (FakeStream stream : all) {
      // Not what a poisoned context leaves out: it frees all the same.
      stream.submit(new FakeStream.Operation("", arrive));
    }
    arrive.run();
    return true;
  }

  void synchronize() {
    streams().forEach(FakeStream::synchronize);
  }

  /** Runs what a stream has to run, unless the context is poisoned. */
  void run(FakeStream.Operation operation) {
    if (fault() != 0 && !operation.what().isEmpty()) {
      return;
    }
    try {
      operation.work().run();
    } catch (Status planned) {
      poison(planned.value());
    } catch (Throwable e) {
      fake.report(operation.what(), e);
      poison(CUDA_ERROR_ILLEGAL_ADDRESS);
    }
  }
}
