package dev.vl4j.loader.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * The beginning of a blob, hashed as it grows. What an earlier run left of it is hashed first and
 * then continued.
 */
final class PartialFile implements AutoCloseable {
  private static final int PIECE = 1 << 20;

  private final Path path;
  private final long size;
  private final Checksum checksum;
  private final FileChannel channel;
  private MessageDigest digest;
  private long length;

  private PartialFile(Path path, RemoteFile file, FileChannel channel) {
    this.path = path;
    this.size = file.size();
    this.checksum = file.checksum();
    this.channel = channel;
    this.digest = checksum.digest(size);
  }

  static PartialFile open(Path path, RemoteFile file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    PartialFile partial = new PartialFile(path, file, channel);
    try {
      partial.takeUp();
      return partial;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private void takeUp() throws IOException {
    if (channel.size() > size) {
      restart();
      return;
    }
    ByteBuffer piece = ByteBuffer.allocate(PIECE);
    while (channel.read(piece) >= 0) {
      length += piece.flip().remaining();
      digest.update(piece);
      piece.clear();
    }
  }

  /** Bytes that are here. */
  long length() {
    return length;
  }

  boolean isFull() {
    return length == size;
  }

  /** Adds a piece; the caller sees to it that it fits. */
  void append(ByteBuffer piece) throws IOException {
    length += piece.remaining();
    digest.update(piece.duplicate());
    while (piece.hasRemaining()) {
      channel.write(piece);
    }
  }

  /** Forgets all that is here. */
  void restart() throws IOException {
    channel.truncate(0);
    channel.position(0);
    length = 0;
    digest = checksum.digest(size);
  }

  /**
   * The checksum of a full file; to be asked once.
   *
   * @return in hexadecimal digits
   */
  String hash() {
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Gives a verified file its name. */
  void moveTo(Path blob) throws IOException {
    channel.force(true);
    channel.close();
    Files.move(path, blob, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Leaves nothing behind. */
  void discard() throws IOException {
    channel.close();
    Files.deleteIfExists(path);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
