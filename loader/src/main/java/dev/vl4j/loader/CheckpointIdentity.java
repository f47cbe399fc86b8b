package dev.vl4j.loader;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.CRC32;

/** Texts by which a checkpoint is told from others, see {@link Checkpoint#identity}. */
final class CheckpointIdentity {
  /** Bytes of one sample. Every tensor has three: a fine-tuning may have changed but a few. */
  private static final int SAMPLE = 4096;

  /** Bytes that are in memory at a time while everything is read. */
  private static final long WINDOW = 64L << 20;

  private CheckpointIdentity() {}

  /** A line about a small file, all of which counts. */
  static String of(Path file) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      return "%s: %d bytes, sha256 %s\n"
          .formatted(file.getFileName(), bytes.length, hex(sha256().digest(bytes)));
    } catch (IOException e) {
      throw LoaderException.unreadable(file, e);
    }
  }

  /** A line about a file of tensors: its size and time, its header, samples of each tensor. */
  static String of(Path directory, SafetensorsFile file) {
    MessageDigest header = sha256();
    MessageDigest samples = sha256();
    // Read and not touched in the map: a fault there may bring megabytes of neighbours along.
    try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
      read(channel, 0, file.dataStart(), header);
      long at = file.dataStart();
      for (StoredTensor tensor : file.tensors().values()) {
        long bytes = tensor.data().byteSize();
        if (bytes <= 3 * SAMPLE) {
          read(channel, at, bytes, samples);
        } else {
          read(channel, at, SAMPLE, samples);
          read(channel, at + (bytes - SAMPLE) / 2, SAMPLE, samples);
          read(channel, at + bytes - SAMPLE, SAMPLE, samples);
        }
        at += bytes;
      }
    } catch (IOException e) {
      throw LoaderException.unreadable(file.path(), e);
    }
    requireUnchanged(file);
    return "%s: %d bytes, modified %s, header sha256 %s, samples sha256 %s\n"
        .formatted(
            name(directory, file),
            file.stamp().bytes(),
            file.stamp().modified(),
            hex(header.digest()),
            hex(samples.digest()));
  }

  /** Refuses a file that is no longer the one that was mapped. */
  static void requireUnchanged(SafetensorsFile file) {
    FileStamp now = FileStamp.of(file.path());
    if (!now.equals(file.stamp())) {
      throw new LoaderException(
          "%s: changed while it was open: expected %s, found %s"
              .formatted(file.path(), file.stamp(), now));
    }
  }

  /** A line about when the file system last noted a change. */
  static String change(Path directory, SafetensorsFile file) {
    return "%s: changed %s\n".formatted(name(directory, file), file.stamp().changed());
  }

  /** A line with checksums of everything in a file. */
  static String checksums(Path directory, SafetensorsFile file) {
    StringBuilder line = new StringBuilder(name(directory, file)).append(": crc32");
    MemorySegment bytes = file.bytes();
    for (long at = 0; at < bytes.byteSize(); at += WINDOW) {
      MemorySegment window = bytes.asSlice(at, Math.min(WINDOW, bytes.byteSize() - at));
      CRC32 sum = new CRC32();
      sum.update(window.asByteBuffer());
      window.unload();
      line.append(" %08x".formatted(sum.getValue()));
    }
    return line.append('\n').toString();
  }

  private static String name(Path directory, SafetensorsFile file) {
    return directory.relativize(file.path()).toString();
  }

  private static void read(FileChannel channel, long from, long bytes, MessageDigest digest)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(bytes));
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, from + buffer.position()) < 0) {
        throw new IOException("ends at byte %d".formatted(from + buffer.position()));
      }
    }
    digest.update(buffer.flip());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static String hex(byte[] digest) {
    return HexFormat.of().formatHex(digest);
  }
}
