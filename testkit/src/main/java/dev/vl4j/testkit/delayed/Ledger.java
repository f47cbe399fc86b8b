package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.DeviceMemory;
import dev.vl4j.kernels.OutOfDeviceMemoryException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The device's memory: what is allocated, and how much there is. It counts when things are asked
 * for, since the device allocates and frees in the same order. For any thread.
 */
final class Ledger {
  /** What every allocation is rounded up to: a device's allocator has such a granule. */
  private static final long GRANULE = 256;

  /** Memory that somebody has. */
  final class Allocation {
    private final String what;
    private final long bytes;

    private Allocation(String what, long bytes) {
      this.what = what;
      this.bytes = bytes;
    }

    long bytes() {
      return bytes;
    }

    /** Gives it back. Doing so again does nothing. */
    void free() {
      synchronized (Ledger.this) {
        if (live.remove(this)) {
          held -= bytes;
        }
      }
    }
  }

  private final Set<Allocation> live = new LinkedHashSet<>();
  private long total;
  private long held;
  private long count;
  private long failures;
  private Faults faults = Faults.NONE;

  Ledger(long total) {
    this.total = total;
  }

  /**
   * Takes memory.
   *
   * @param operation that asks for it
   * @param what it is for, for messages
   */
  synchronized Allocation allocate(String operation, String what, long bytes) {
    long rounded = Math.ceilDiv(Math.max(1, bytes), GRANULE) * GRANULE;
    count++;
    boolean fails = faults.failsAllocation(operation, count);
    if (fails || rounded > total - held) {
      failures++;
      long free = fails ? Math.min(total - held, rounded - 1) : total - held;
      throw new OutOfDeviceMemoryException("delayed: " + operation, rounded, Math.max(0, free));
    }
    Allocation allocation = new Allocation(what, rounded);
    live.add(allocation);
    held += rounded;
    return allocation;
  }

  synchronized DeviceMemory memory() {
    return new DeviceMemory(total, Math.max(0, total - held), held, true);
  }

  /** What is allocated, in the order in which it was. */
  synchronized List<String> live() {
    return live.stream().map(allocation -> allocation.what).toList();
  }

  synchronized void setTotal(long bytes) {
    total = bytes;
  }

  synchronized void setFaults(Faults faults) {
    this.faults = faults;
    count = 0;
  }

  /** How many allocations were asked for since the faults were set. */
  synchronized long count() {
    return count;
  }

  /** How many allocations have failed. */
  synchronized long failures() {
    return failures;
  }
}
