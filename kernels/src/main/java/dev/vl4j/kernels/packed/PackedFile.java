package dev.vl4j.kernels.packed;

import dev.vl4j.kernels.memory.SystemMemory;
import dev.vl4j.kernels.packed.PackedHeader.Entry;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
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
 * The weights of a file, read into memory and found to be what was written. They are read and not
 * mapped, since a file is seldom in huge pages: with small ones a forward takes twice as long.
 */
final class PackedFile implements AutoCloseable {
  /** Bytes that are read and summed at once, while they are in a processor's cache. */
  private static final long WINDOW = 256L << 10;

  private static final long VECTOR_BYTES = 64;

  private final Arena arena;
  private final PackedHeader header;
  private final Map<String, MemorySegment> weights = new HashMap<>();

  private PackedFile(Arena arena, PackedHeader header, MemorySegment entries) {
    this.arena = arena;
    this.header = header;
    for (Entry entry : header.entries()) {
      weights.put(entry.name(), entries.asSlice(entry.offset() - start(header), entry.bytes()));
    }
  }

  /** Where the first entry begins. */
  private static long start(PackedHeader header) {
    return header.entries().isEmpty() ? 0 : header.entries().getFirst().offset();
  }

  /**
   * Reads a file and checks every byte of it.
   *
   * @throws java.nio.file.NoSuchFileException if there is none
   * @throws DamagedFileException if it is not as it was written, or written for another key
   */
  @SuppressWarnings("MustBeClosedChecker") // The arena closes with the file it belongs to.
  static PackedFile open(Path path, String key) throws IOException, DamagedFileException {
    Arena arena = Arena.ofShared();
    boolean opened = false;
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      PackedHeader header;
      try (Arena mapping = Arena.ofConfined()) {
        header = header(channel.map(MapMode.READ_ONLY, 0, channel.size(), mapping), key);
      }
      MemorySegment entries = memory(header.fileBytes() - start(header), arena);
      read(channel, header, entries);
      opened = true;
      return new PackedFile(arena, header, entries.asReadOnly());
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

  /** In huge pages where the system has them. */
  private static MemorySegment memory(long bytes, Arena arena) {
    try {
      return new SystemMemory().mapHuge(Math.max(1, bytes), arena);
    } catch (SystemMemory.RefusedException | IllegalCallerException e) {
      return arena.allocate(bytes, VECTOR_BYTES);
    }
  }

  /** Reads everything, on all processors. */
  private static void read(FileChannel channel, PackedHeader header, MemorySegment entries)
      throws IOException, DamagedFileException {
    Optional<String> damage;
    try {
      damage =
          header.entries().parallelStream()
              .flatMap(entry -> {
                long from = entry.offset() - start(header);
                MemorySegment to = entries.asSlice(from, entry.end() - entry.offset());
                return damage(channel, entry, to).stream();
              })
              .findFirst();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    if (damage.isPresent()) {
      throw new DamagedFileException(damage.get());
    }
  }

  private static Optional<String> damage(FileChannel channel, Entry entry, MemorySegment to) {
    CRC32 sum = new CRC32();
    for (long at = 0; at < to.byteSize(); at += WINDOW) {
      ByteBuffer window = to.asSlice(at, Math.min(WINDOW, to.byteSize() - at)).asByteBuffer();
      readFully(channel, entry.offset() + at, window);
      sum.update(window.flip());
    }
    int found = (int) sum.getValue();
    return found == entry.checksum()
        ? Optional.empty()
        : Optional.of(
            "checksum of %s: expected %08x, found %08x"
                .formatted(entry.name(), entry.checksum(), found));
  }

  private static void readFully(FileChannel channel, long position, ByteBuffer to) {
    try {
      while (to.hasRemaining()) {
        if (channel.read(to, position + to.position()) < 0) {
          throw new EOFException("the file became shorter while it was read");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
