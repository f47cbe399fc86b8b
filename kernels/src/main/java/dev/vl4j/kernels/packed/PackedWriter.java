package dev.vl4j.kernels.packed;

import dev.vl4j.kernels.packed.PackedHeader.Entry;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Writes a file of packed weights, so that nobody ever sees half of one: beside its place, onto the
 * disk, and then into its place at once.
 */
final class PackedWriter {
  /**
   * Bytes of a write, and their alignment in the file: file systems that hold a file in large
   * pieces make them of large writes, and map them in huge pages.
   */
  private static final int BLOCK = 8 << 20;

  /** How bytes get into a file: all of them, at a position. */
  interface Sink {
    void write(FileChannel file, ByteBuffer bytes, long at) throws IOException;
  }

  private final Sink sink;

  PackedWriter() {
    this(PackedWriter::writeFully);
  }

  /** For tests of what happens when a write fails. */
  PackedWriter(Sink sink) {
    this.sink = sink;
  }

  private static void writeFully(FileChannel file, ByteBuffer bytes, long at) throws IOException {
    long start = at - bytes.position();
    while (bytes.hasRemaining()) {
      int _ = file.write(bytes, start + bytes.position());
    }
  }

  /**
   * Writes a file, in the place of an older one. A reader of that keeps what it has.
   *
   * @param weights pieces of each weight, which follow each other
   * @throws IOException if it cannot be written; nothing is left then
   */
  void write(Path target, String key, String note, Map<String, List<MemorySegment>> weights)
      throws IOException {
    PackedHeader placed = place(key, note, weights);
    Path directory = Files.createDirectories(target.toAbsolutePath().getParent());
    long free = Files.getFileStore(directory).getUsableSpace();
    if (free < placed.fileBytes()) {
      throw new IOException(
          "it takes %d bytes, and the disk has %d free".formatted(placed.fileBytes(), free));
    }
    try (PartialFile file = PartialFile.create(target)) {
      PackedHeader header = new Run(file.channel(), placed).write(weights);
      sink.write(file.channel(), ByteBuffer.wrap(header.encode()), 0);
      file.commit();
    }
  }

  private static PackedHeader place(
      String key, String note, Map<String, List<MemorySegment>> weights) {
    long offset = PackedHeader.bytes(key, note, weights.keySet());
    List<Entry> entries = new ArrayList<>();
    for (Map.Entry<String, List<MemorySegment>> weight : weights.entrySet()) {
      long bytes = weight.getValue().stream().mapToLong(MemorySegment::byteSize).sum();
      Entry entry = new Entry(weight.getKey(), offset, bytes, 0);
      entries.add(entry);
      offset = entry.end();
    }
    return new PackedHeader(key, note, entries);
  }

  /** One file's way through a block of memory, front to back. */
  private final class Run {
    private final FileChannel file;
    private final PackedHeader placed;
    private long written;

    Run(FileChannel file, PackedHeader placed) {
      this.file = file;
      this.placed = placed;
    }

    /** Writes all but the header, whose place gets zeros; gives the header. */
    PackedHeader write(Map<String, List<MemorySegment>> weights) throws IOException {
      List<Entry> entries = new ArrayList<>();
      try (Arena arena = Arena.ofConfined()) {
        ByteBuffer block = arena.allocate(BLOCK, PackedHeader.PAGE).asByteBuffer();
        fill(block, placed.entries().getFirst().offset(), new CRC32());
        for (Entry entry : placed.entries()) {
          CRC32 sum = new CRC32();
          for (MemorySegment piece : weights.getOrDefault(entry.name(), List.of())) {
            copy(piece, block, sum);
          }
          fill(block, entry.end(), sum);
          entries.add(new Entry(entry.name(), entry.offset(), entry.bytes(), (int) sum.getValue()));
        }
        flush(block);
      }
      return new PackedHeader(placed.key(), placed.note(), entries);
    }

    private void copy(MemorySegment piece, ByteBuffer block, CRC32 sum) throws IOException {
      long at = 0;
      while (at < piece.byteSize()) {
        int bytes = (int) Math.min(block.remaining(), piece.byteSize() - at);
        MemorySegment.ofBuffer(block.slice(block.position(), bytes))
            .copyFrom(piece.asSlice(at, bytes));
        take(block, bytes, sum);
        at += bytes;
      }
    }

    /** Zeros up to a byte offset of the file. */
    private void fill(ByteBuffer block, long end, CRC32 sum) throws IOException {
      while (written + block.position() < end) {
        int bytes = (int) Math.min(block.remaining(), end - written - block.position());
        MemorySegment.ofBuffer(block.slice(block.position(), bytes)).fill((byte) 0);
        take(block, bytes, sum);
      }
    }

    /** Moves on over bytes that were put into the block. */
    private void take(ByteBuffer block, int bytes, CRC32 sum) throws IOException {
      sum.update(block.slice(block.position(), bytes));
      block.position(block.position() + bytes);
      if (!block.hasRemaining()) {
        flush(block);
      }
    }

    private void flush(ByteBuffer block) throws IOException {
      block.flip();
      int bytes = block.remaining();
      sink.write(file, block, written);
      written += bytes;
      block.clear();
    }
  }
}
