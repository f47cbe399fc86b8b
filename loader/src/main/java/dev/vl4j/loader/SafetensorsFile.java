package dev.vl4j.loader;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One safetensors file, mapped into memory: tensors are read from disk when first touched, and
 * files beyond 2 GiB are no special case. Any thread may read. The file must not be shortened while
 * it is open.
 *
 * <p>The layout: the header's length as a little-endian 64-bit number, the header in JSON, the
 * bytes of the tensors. See the safetensors repository, "Format".
 */
public final class SafetensorsFile implements AutoCloseable {
  /** The bound the reference implementation sets. */
  static final long LONGEST_HEADER = 100_000_000;

  private static final int LENGTH_BYTES = 8;
  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path path;
  private final FileStamp stamp;
  private final Arena arena;
  private final MemorySegment bytes;
  private final long dataStart;
  private final Map<String, StoredTensor> tensors;
  private final Map<String, String> metadata;

  private SafetensorsFile(
      Path path,
      FileStamp stamp,
      Arena arena,
      MemorySegment bytes,
      long dataStart,
      Map<String, StoredTensor> tensors,
      Map<String, String> metadata) {
    this.path = path;
    this.stamp = stamp;
    this.arena = arena;
    this.bytes = bytes;
    this.dataStart = dataStart;
    this.tensors = tensors;
    this.metadata = metadata;
  }

  /**
   * Maps a file and checks its header strictly.
   *
   * @throws LoaderException if the file cannot be read or mapped, is truncated or has bytes to
   *     spare, or if its header is malformed
   */
  @SuppressWarnings("MustBeClosedChecker") // The arena closes with the file it belongs to.
  public static SafetensorsFile open(Path file) {
    Arena arena = Arena.ofShared();
    boolean opened = false;
    try {
      SafetensorsFile result = map(file, arena);
      opened = true;
      return result;
    } catch (IOException e) {
      throw LoaderException.unreadable(file, e);
    } finally {
      if (!opened) {
        arena.close();
      }
    }
  }

  private static SafetensorsFile map(Path file, Arena arena) throws IOException {
    FileStamp stamp = FileStamp.of(file);
    MemorySegment bytes;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < LENGTH_BYTES) {
        throw new LoaderException(
            "%s: expected at least %d bytes, found %d".formatted(file, LENGTH_BYTES, size));
      }
      bytes = channel.map(MapMode.READ_ONLY, 0, size, arena);
    }
    LfsPointer.refuse(
        file,
        bytes
            .asSlice(0, Math.min(bytes.byteSize(), LfsPointer.BEGINNING))
            .toArray(ValueLayout.JAVA_BYTE));
    long headerBytes = bytes.get(LENGTH, 0);
    if (Long.compareUnsigned(headerBytes, LONGEST_HEADER) > 0) {
      throw new LoaderException(
          "%s: header of %s bytes, expected at most %d; is this a safetensors file?"
              .formatted(file, Long.toUnsignedString(headerBytes), LONGEST_HEADER));
    }
    if (headerBytes > bytes.byteSize() - LENGTH_BYTES) {
      throw new LoaderException(
          "%s: truncated: expected a header of %d bytes, found %d"
              .formatted(file, headerBytes, bytes.byteSize() - LENGTH_BYTES));
    }
    MemorySegment data = bytes.asSlice(LENGTH_BYTES + headerBytes);
    SafetensorsHeader header =
        SafetensorsHeader.parse(
            file,
            bytes.asSlice(LENGTH_BYTES, headerBytes).toArray(ValueLayout.JAVA_BYTE),
            data.byteSize());
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    for (SafetensorsHeader.Placement placed : header.tensors()) {
      MemorySegment slice = data.asSlice(placed.begin(), placed.end() - placed.begin());
      tensors.put(
          placed.name(),
          new StoredTensor(placed.name(), placed.type(), placed.shape(), slice, file));
    }
    return new SafetensorsFile(
        file,
        stamp,
        arena,
        bytes,
        LENGTH_BYTES + headerBytes,
        Collections.unmodifiableMap(tensors),
        header.metadata());
  }

  /** The file as it was named to {@link #open}. */
  public Path path() {
    return path;
  }

  /** The tensors by name, in the order of their bytes in the file. */
  public Map<String, StoredTensor> tensors() {
    return tensors;
  }

  /** The header's {@code __metadata__}; empty if it has none. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** What the file system said of the file before it was mapped. */
  FileStamp stamp() {
    return stamp;
  }

  /** The whole file. */
  MemorySegment bytes() {
    return bytes;
  }

  /** Byte offset of the first tensor; the others follow without gaps. */
  long dataStart() {
    return dataStart;
  }

  /** Unmaps the file; its tensors must not be touched afterwards. Closing twice does nothing. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
