package dev.vl4j.kernels.packed;

import dev.vl4j.kernels.memory.SystemMemory;
import dev.vl4j.kernels.packed.PackedHeader.Entry;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A file of packed weights, mapped into memory and found to be what was written. The file must not
 * be shortened while it is open; to replace it under its name is harmless.
 */
final class PackedFile implements AutoCloseable {
  /** Bytes that a checksum takes at once: it cannot be interrupted by the collector. */
  private static final long WINDOW = 16L << 20;

  private final Arena arena;
  private final PackedHeader header;
  private final Map<String, MemorySegment> weights = new HashMap<>();

  private PackedFile(Arena arena, PackedHeader header, MemorySegment file) {
    this.arena = arena;
    this.header = header;
    for (Entry entry : header.entries()) {
      weights.put(entry.name(), file.asSlice(entry.offset(), entry.bytes()));
    }
  }

  /**
   * Maps a file and checks every byte of it.
   *
   * @throws java.nio.file.NoSuchFileException if there is none
   * @throws DamagedFileException if it is not as it was written, or written for another key
   */
  @SuppressWarnings("MustBeClosedChecker") // The arena closes with the file it belongs to.
  static PackedFile open(Path path, String key) throws IOException, DamagedFileException {
    Arena arena = Arena.ofShared();
    boolean opened = false;
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment file = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
      PackedHeader header = header(file, key);
      adviseHugePages(file);
      verify(file, header);
      opened = true;
      return new PackedFile(arena, header, file);
    } finally {
      if (!opened) {
        arena.close();
      }
    }
  }

  /** Whether there is a file whose header is right. */
  static boolean isWritten(Path path, String key) {
    try (Arena arena = Arena.ofConfined();
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      PackedHeader _ = header(channel.map(MapMode.READ_ONLY, 0, channel.size(), arena), key);
      return true;
    } catch (IOException | DamagedFileException e) {
      return false;
    }
  }

  private static PackedHeader header(MemorySegment file, String key) throws DamagedFileException {
    PackedHeader header = PackedHeader.decode(file);
    PackedHeader.check("key", oneLine(key), oneLine(header.key()), header.key().equals(key));
    return header;
  }

  private static String oneLine(String text) {
    return '"' + text.strip().replaceAll("\\s*\\R\\s*", "; ") + '"';
  }

  /**
   * Asks for huge pages, before a page is touched: file systems that hold a file in large pieces
   * map it so. Anywhere else small pages serve.
   */
  private static void adviseHugePages(MemorySegment file) {
    try {
      new SystemMemory().adviseHugePages(file);
    } catch (SystemMemory.RefusedException | IllegalCallerException e) {
      // A wish: nothing but speed depends on it.
    }
  }

  /** Reads everything, on all processors; afterwards it is in memory, too. */
  private static void verify(MemorySegment file, PackedHeader header) throws DamagedFileException {
    Optional<String> damage =
        header.entries().parallelStream()
            .flatMap(entry -> damage(file, entry).stream())
            .findFirst();
    if (damage.isPresent()) {
      throw new DamagedFileException(damage.get());
    }
  }

  private static Optional<String> damage(MemorySegment file, Entry entry) {
    CRC32 sum = new CRC32();
    for (long at = entry.offset(); at < entry.end(); at += WINDOW) {
      sum.update(file.asSlice(at, Math.min(WINDOW, entry.end() - at)).asByteBuffer());
    }
    int found = (int) sum.getValue();
    return found == entry.checksum()
        ? Optional.empty()
        : Optional.of(
            "checksum of %s: expected %08x, found %08x"
                .formatted(entry.name(), entry.checksum(), found));
  }

  String note() {
    return header.note();
  }

  /** A weight's memory, read-only; null if the file has none of this name. */
  @Nullable MemorySegment find(String name) {
    return weights.get(name);
  }

  @Override
  public void close() {
    arena.close();
  }
}
