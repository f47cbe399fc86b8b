package dev.vl4j.media.ffmpeg;

import dev.vl4j.engine.media.MediaException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.bytedeco.javacpp.BytePointer;

/** The bytes of a file of media. */
interface Source extends AutoCloseable {
  long length() throws IOException;

  /**
   * Reads some bytes.
   *
   * @param position from which on
   * @return how many were read, at least one, or -1 at the end
   */
  int read(long position, BytePointer target, int bytes) throws IOException;

  @Override
  void close();

  static Source of(byte[] file) {
    return new Source() {
      @Override
      public long length() {
        return file.length;
      }

      @Override
      public int read(long position, BytePointer target, int bytes) {
        if (position >= file.length) {
          return -1;
        }
        int count = (int) Math.min(bytes, file.length - position);
        target.put(file, (int) position, count);
        return count;
      }

      @Override
      public void close() {}
    };
  }

  static Source of(Path file) throws MediaException {
    // Asked first: opening a pipe would wait for whoever writes to it.
    if (!Files.isRegularFile(file)) {
      throw new MediaException(Files.exists(file) ? "it is no regular file" : "it does not exist");
    }
    try {
      return new OfFile(FileChannel.open(file, StandardOpenOption.READ));
    } catch (IOException e) {
      throw new MediaException("it cannot be opened", e);
    }
  }

  /** Bytes that are read as they are wanted. */
  final class OfFile implements Source {
    private final FileChannel channel;
    private byte[] buffer = new byte[0];

    private OfFile(FileChannel channel) {
      this.channel = channel;
    }

    @Override
    public long length() throws IOException {
      return channel.size();
    }

    @Override
    public int read(long position, BytePointer target, int bytes) throws IOException {
      if (buffer.length < bytes) {
        buffer = new byte[bytes];
      }
      int count = channel.read(ByteBuffer.wrap(buffer, 0, bytes), position);
      if (count > 0) {
        target.put(buffer, 0, count);
      }
      return count;
    }

    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException e) {
        // Nothing was written, so nothing is lost.
      }
    }
  }
}
