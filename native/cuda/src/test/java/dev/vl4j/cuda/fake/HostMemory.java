package dev.vl4j.cuda.fake;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.vl4j.device.fake.FakeFault;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Page-locked memory of the host. What was freed stays full of poison, and is not given out again.
 */
@SuppressWarnings("restricted") // native code says where memory lies
final class HostMemory {
  private static final int PAGE = 4096;

  /** Locked memory. */
  private record Pinned(MemorySegment memory, boolean registered, boolean readOnly) {}

  private final TreeMap<Long, Pinned> pinned = new TreeMap<>();
  private final List<MemorySegment> freed = new ArrayList<>();

  synchronized MemorySegment allocate(long bytes) {
    MemorySegment memory = Arena.ofAuto().allocate(bytes, PAGE);
    memory.fill((byte) FakeMemory.POISON);
    pinned.put(memory.address(), new Pinned(memory, false, false));
    return memory;
  }

  /** False if it overlaps with what is locked. */
  synchronized boolean register(MemorySegment memory, boolean readOnly) {
    var below = pinned.lowerEntry(memory.address() + memory.byteSize());
    if (below != null && below.getKey() + below.getValue().memory.byteSize() > memory.address()) {
      return false;
    }
    pinned.put(memory.address(), new Pinned(memory, true, readOnly));
    return true;
  }

  /** False if nothing was locked here in this way. */
  synchronized boolean remove(long address, boolean registered) {
    Pinned entry = pinned.get(address);
    if (entry == null || entry.registered != registered) {
      return false;
    }
    pinned.remove(address);
    if (!registered) {
      entry.memory.fill((byte) FakeMemory.POISON);
      freed.add(entry.memory);
    }
    return true;
  }

  /** Whether these bytes are locked: all or none of them. */
  synchronized boolean isPinned(long address, long bytes) {
    var entry = pinned.floorEntry(Math.max(address, address + bytes - 1));
    if (entry == null || entry.getKey() + entry.getValue().memory.byteSize() <= address) {
      requireNotFreed(address, bytes);
      return false;
    }
    long end = entry.getKey() + entry.getValue().memory.byteSize();
    if (address < entry.getKey() || address + bytes > end) {
      throw new FakeFault(
          "%d bytes at 0x%x of the host, of which a part is page-locked".formatted(bytes, address));
    }
    return true;
  }

  private void requireNotFreed(long address, long bytes) {
    for (MemorySegment memory : freed) {
      if (address < memory.address() + memory.byteSize() && memory.address() < address + bytes) {
        throw new FakeFault(
            "use after free: %d bytes of page-locked memory at 0x%x".formatted(bytes, address));
      }
    }
  }

  /** Locked bytes, when a copy runs. */
  synchronized MemorySegment segment(long address, long bytes, boolean toWrite) {
    if (!isPinned(address, bytes)) {
      throw new FakeFault(
          "%d bytes at 0x%x of the host are no more page-locked when a copy runs"
              .formatted(bytes, address));
    }
    Pinned entry = pinned.floorEntry(address).getValue();
    if (toWrite && entry.readOnly) {
      throw new FakeFault(
          "writing of %d bytes at 0x%x, registered as read-only".formatted(bytes, address));
    }
    return entry.memory.asSlice(address - entry.memory.address(), bytes);
  }

  /** Any of the caller's memory. */
  static MemorySegment pageable(MemorySegment memory, long bytes) {
    return memory.reinterpret(bytes);
  }

  static byte[] bytes(MemorySegment memory, long bytes) {
    return pageable(memory, bytes).toArray(JAVA_BYTE);
  }

  /** Lets all memory go. */
  synchronized void forget() {
    pinned.clear();
    freed.clear();
  }

  /** What is still locked, for the report of leaks. */
  synchronized List<String> leaks() {
    return pinned.values().stream()
        .map(entry ->
            "%d bytes of host memory, %s"
                .formatted(
                    entry.memory.byteSize(), entry.registered ? "registered" : "page-locked"))
        .toList();
  }
}
