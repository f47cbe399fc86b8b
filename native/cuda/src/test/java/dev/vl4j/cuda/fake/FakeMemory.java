package dev.vl4j.cuda.fake;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.vl4j.device.fake.FakeFault;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.TreeMap;

/**
 * The memory of devices. Addresses are far outside of what a process can have, and allocations lie
 * apart, so nothing is reached that was not asked for here: use after free, overruns, misalignment
 * and reading of bytes that nobody wrote are {@link FakeFault}s. New memory is full of NaN.
 */
public final class FakeMemory {
  /** A NaN as float32 and as each of two bfloat16 or float16 numbers, and no likely integer. */
  static final int POISON = 0xFFA5FFA5;

  private static final long FIRST = 0x0DE0_0000_0000_0000L;
  private static final long ALIGNMENT = 256;

  /** One allocation. */
  private static final class Allocation {
    final int device;
    final long address;
    final long bytes;
    final MemorySegment contents;
    final ByteMarks written;

    Allocation(int device, long address, long bytes) {
      this.device = device;
      this.address = address;
      this.bytes = bytes;
      written = new ByteMarks(bytes);
      // An array of longs, so that numbers of all sizes are aligned in it.
      long[] array = new long[Math.toIntExact(Math.ceilDiv(bytes, 8L))];
      java.util.Arrays.fill(array, ((long) POISON << 32) | (POISON & 0xFFFFFFFFL));
      contents = MemorySegment.ofArray(array).asSlice(0, bytes);
    }
  }

  private final TreeMap<Long, Allocation> live = new TreeMap<>();
  private final TreeMap<Long, Long> freed = new TreeMap<>();
  private long next = FIRST;

  FakeMemory() {}

  synchronized long allocate(int device, long bytes) {
    long address = next;
    next += roundUp(bytes) + (freed.size() + live.size()) % 3 * ALIGNMENT + ALIGNMENT;
    live.put(address, new Allocation(device, address, bytes));
    return address;
  }

  private static long roundUp(long bytes) {
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }

  /** Whether an allocation starts here. */
  synchronized boolean isAllocated(long address) {
    return live.containsKey(address);
  }

  synchronized long bytes(long address) {
    return live.get(address).bytes;
  }

  synchronized void free(long address) {
    Allocation allocation = live.remove(address);
    if (allocation == null) {
      throw new FakeFault("free of 0x%x, where no allocation starts".formatted(address));
    }
    freed.put(address, allocation.bytes);
  }

  /** Lets all memory go. */
  synchronized void forget() {
    live.clear();
    freed.clear();
  }

  /** Allocations of a device, for messages: address and bytes. */
  synchronized Map<Long, Long> live(int device) {
    Map<Long, Long> result = new TreeMap<>();
    live.values().stream()
        .filter(allocation -> allocation.device == device)
        .forEach(allocation -> result.put(allocation.address, allocation.bytes));
    return result;
  }

  /** The contents of these addresses, if they are within one allocation. */
  MemorySegment segment(long address, long bytes) {
    Allocation allocation = find(address, bytes);
    return allocation.contents.asSlice(address - allocation.address, bytes);
  }

  private synchronized Allocation find(long address, long bytes) {
    if (bytes < 0) {
      throw new FakeFault("%d bytes at 0x%x".formatted(bytes, address));
    }
    var entry = live.floorEntry(address);
    if (entry != null && address + bytes <= entry.getKey() + entry.getValue().bytes) {
      return entry.getValue();
    }
    var gone = freed.floorEntry(address);
    if (gone != null && address < gone.getKey() + gone.getValue()) {
      throw new FakeFault(
          "use after free: %d bytes at 0x%x, in what were %d bytes at 0x%x"
              .formatted(bytes, address, gone.getValue(), gone.getKey()));
    }
    if (entry != null && address <= entry.getKey() + roundUp(entry.getValue().bytes)) {
      throw new FakeFault(
          "overrun: %d bytes at 0x%x, of an allocation of %d bytes at 0x%x"
              .formatted(bytes, address, entry.getValue().bytes, entry.getKey()));
    }
    throw new FakeFault("%d bytes at 0x%x, where there is no memory".formatted(bytes, address));
  }

  /** Bytes to read: all must have been written. */
  MemorySegment read(long address, long bytes) {
    Allocation allocation = find(address, bytes);
    requireWritten(allocation, address, bytes);
    return allocation.contents.asSlice(address - allocation.address, bytes).asReadOnly();
  }

  private static void requireWritten(Allocation allocation, long address, long bytes) {
    int from = Math.toIntExact(address - allocation.address);
    synchronized (allocation) {
      int end = Math.toIntExact(from + bytes);
      int hole = allocation.written.firstUnmarked(from, end);
      if (hole < end) {
        throw new FakeFault(
            "reading of %d bytes at 0x%x, of which byte %d was never written (allocation of %d bytes"
                    .formatted(bytes, address, hole - from, allocation.bytes)
                + " at 0x%x)".formatted(allocation.address));
      }
    }
  }

  /** Bytes to write, which count as written from now on. */
  MemorySegment write(long address, long bytes) {
    Allocation allocation = find(address, bytes);
    markWritten(allocation, address, bytes);
    return allocation.contents.asSlice(address - allocation.address, bytes);
  }

  private static void markWritten(Allocation allocation, long address, long bytes) {
    int from = Math.toIntExact(address - allocation.address);
    synchronized (allocation) {
      allocation.written.mark(from, Math.toIntExact(from + bytes));
    }
  }

  /** Bytes to read and to write: all must have been written. */
  MemorySegment update(long address, long bytes) {
    Allocation allocation = find(address, bytes);
    requireWritten(allocation, address, bytes);
    return allocation.contents.asSlice(address - allocation.address, bytes);
  }

  /** Marks the words as written that are not as new memory is. */
  void markChanged(long address, long bytes) {
    Allocation allocation = find(address, bytes);
    int from = Math.toIntExact(address - allocation.address);
    int to = Math.toIntExact(from + bytes);
    synchronized (allocation) {
      int at = allocation.written.firstUnmarked(from, to);
      while (at < to) {
        int word = at & ~3;
        int end = Math.min(word + 4, (int) allocation.bytes);
        boolean changed =
            end - word == 4
                ? allocation.contents.get(JAVA_INT, word) != POISON
                : isChanged(allocation.contents, word, end);
        if (changed) {
          allocation.written.mark(Math.max(word, from), Math.min(end, to));
        }
        at = end < to ? allocation.written.firstUnmarked(end, to) : to;
      }
    }
  }

  private static boolean isChanged(MemorySegment contents, int from, int to) {
    for (int i = from; i < to; i++) {
      if (contents.get(JAVA_BYTE, i) != (byte) (POISON >> (8 * (i & 3)))) {
        return true;
      }
    }
    return false;
  }

  static void requireAligned(String what, long address, long alignment) {
    if (address % alignment != 0) {
      throw new FakeFault(
          "misaligned: %s at 0x%x, expected a multiple of %d".formatted(what, address, alignment));
    }
  }
}
