package dev.vl4j.ascend.fake;

import dev.vl4j.device.fake.FakeFault;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * The memory of devices, and the host's that is page-locked. Addresses of devices are far outside
 * of what a process can have. New memory is full of NaN, and what was freed is not given out again.
 */
final class FakeMemory {
  /** A NaN as float32 and as each of two bfloat16 or float16 numbers, and no likely integer. */
  private static final int POISON = 0xFFA5FFA5;

  private static final long FIRST = 0x0DE0_0000_0000_0000L;
  private static final long END = 0x0DF0_0000_0000_0000L;

  /** As the library aligns. */
  private static final long ALIGNMENT = 64;

  /** Operators touch whole groups of so many bytes, and so many behind the end. */
  private static final long GROUP = 32;

  /** One allocation. */
  private record Block(int device, long address, long bytes, MemorySegment contents) {}

  private final TreeMap<Long, Block> live = new TreeMap<>();
  private final TreeMap<Long, Long> freed = new TreeMap<>();
  private final TreeMap<Long, MemorySegment> pinned = new TreeMap<>();
  private final List<MemorySegment> unpinned = new ArrayList<>();
  private long next = FIRST;

  static boolean isDevice(long address) {
    return address >= FIRST && address < END;
  }

  synchronized long allocate(int device, long bytes) {
    long address = next;
    // Usable: the bytes rounded up to a group, and one group more.
    long usable = Math.ceilDiv(bytes, GROUP) * GROUP + GROUP;
    next += Math.ceilDiv(usable, ALIGNMENT) * ALIGNMENT + ALIGNMENT * (1 + live.size() % 3);
    int[] contents = new int[Math.toIntExact(usable / Integer.BYTES)];
    java.util.Arrays.fill(contents, POISON);
    live.put(address, new Block(device, address, bytes, MemorySegment.ofArray(contents)));
    return address;
  }

  synchronized long free(int device, long address) {
    Block block = live.get(address);
    if (block == null) {
      throw new FakeFault("free of 0x%x, where no allocation starts".formatted(address));
    }
    if (block.device != device) {
      throw new FakeFault(
          "free of memory of device %d while device %d is current".formatted(block.device, device));
    }
    live.remove(address);
    freed.put(address, block.bytes);
    return block.bytes;
  }

  /** The contents of these addresses, which must be within one allocation of the device. */
  synchronized MemorySegment segment(int device, long address, long bytes) {
    var entry = live.floorEntry(address);
    if (entry != null && address + bytes <= entry.getKey() + entry.getValue().bytes) {
      if (entry.getValue().device != device) {
        throw new FakeFault(
            "memory of device %d on device %d".formatted(entry.getValue().device, device));
      }
      return entry.getValue().contents.asSlice(address - entry.getKey(), bytes);
    }
    var gone = freed.floorEntry(address);
    if (gone != null && address < gone.getKey() + Math.max(gone.getValue(), 1)) {
      throw new FakeFault("use after free: %d bytes at 0x%x".formatted(bytes, address));
    }
    throw new FakeFault(
        "%d bytes at 0x%x%s"
            .formatted(
                bytes,
                address,
                entry == null
                    ? ", where there is no memory"
                    : ", of an allocation of %d bytes at 0x%x"
                        .formatted(entry.getValue().bytes, entry.getKey())));
  }

  synchronized long bytes(int device) {
    return live.values().stream()
        .filter(block -> block.device == device)
        .mapToLong(Block::bytes)
        .sum();
  }

  synchronized MemorySegment pin(long bytes) {
    MemorySegment memory = Arena.ofAuto().allocate(bytes, 4096);
    memory.fill((byte) POISON);
    pinned.put(memory.address(), memory);
    return memory;
  }

  synchronized void unpin(long address) {
    MemorySegment memory = pinned.remove(address);
    if (memory == null) {
      throw new FakeFault("aclrtFreeHost of 0x%x, where nothing was locked".formatted(address));
    }
    memory.fill((byte) POISON);
    unpinned.add(memory);
  }

  /** Page-locked bytes. */
  synchronized MemorySegment pinned(long address, long bytes) {
    var entry = pinned.floorEntry(address);
    if (entry == null || address + bytes > entry.getKey() + entry.getValue().byteSize()) {
      throw new FakeFault(
          "%d bytes at 0x%x of the host are not page-locked, or no more".formatted(bytes, address));
    }
    return entry.getValue().asSlice(address - entry.getKey(), bytes);
  }

  synchronized List<String> leaks() {
    List<String> leaks = new ArrayList<>();
    live.values()
        .forEach(block -> leaks.add("%d bytes of device %d".formatted(block.bytes, block.device)));
    pinned
        .values()
        .forEach(memory -> leaks.add("%d page-locked bytes".formatted(memory.byteSize())));
    return leaks;
  }

  synchronized void forget() {
    live.clear();
    freed.clear();
    pinned.clear();
    unpinned.clear();
  }
}
