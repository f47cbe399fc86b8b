package dev.vl4j.server.batch;

import dev.vl4j.loader.IoReason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * A file of answers that says by itself how far it is, so that it can be continued whenever and
 * however its writer ended: what ends in a line feed is answered, what stands behind the last line
 * feed is the beginning of an answer and is cut off. Nothing beside the file is needed, because
 * each answer's id is made of what it answers ({@link LineIds}).
 *
 * <p>An answer is handed to the system as soon as it is there, so the end of the process loses
 * none. A power failure may: the system is asked to store what it has every ten seconds, and at the
 * end.
 */
final class ResumableFile implements BatchOutput {
  private static final long STORE_NANOS = 10_000_000_000L;
  private static final int CHUNK = 1 << 16;
  private static final int LONGEST_BEGINNING = 64;

  /** Locked instead of the answers, which others may want to read. */
  private static final long LOCKED = Long.MAX_VALUE - 1;

  private final Path path;
  private final boolean overwrite;
  private final FileChannel channel;
  private long stored = System.nanoTime();

  private ResumableFile(Path path, boolean overwrite, FileChannel channel) {
    this.path = path;
    this.overwrite = overwrite;
    this.channel = channel;
  }

  /**
   * Opens a file, or creates it; what it holds stays until the run begins.
   *
   * @param overwrite whether it is dropped then
   * @throws BatchException if it cannot be opened, or another process is writing it
   */
  static ResumableFile open(Path path, boolean overwrite) {
    try {
      ResumableFile file =
          new ResumableFile(
              path,
              overwrite,
              FileChannel.open(
                  path,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE));
      file.lock();
      return file;
    } catch (NoSuchFileException e) {
      throw new BatchException("no such directory: " + path.toAbsolutePath().getParent(), e);
    } catch (IOException e) {
      throw new BatchException("cannot open %s: %s".formatted(path, IoReason.of(e)), e);
    }
  }

  private void lock() throws IOException {
    boolean locked = false;
    try {
      locked = channel.tryLock(LOCKED, 1, false) != null;
    } catch (OverlappingFileLockException _) {
      // somebody in this process has it
    } finally {
      if (!locked) {
        channel.close();
      }
    }
    if (!locked) {
      throw new BatchException(path + " is being written by another vl4j");
    }
  }

  @Override
  public Earlier resume(LineReader lines, LineIds ids) {
    try {
      if (overwrite) {
        channel.truncate(0);
      }
      long size = channel.size();
      long complete = afterLastLineFeed(size);
      Earlier earlier = check(complete, lines, ids);
      if (size > complete) {
        checkBeginning(complete, earlier.lines() + 1, lines.peek(), ids);
        channel.truncate(complete);
      }
      channel.position(complete);
      return earlier;
    } catch (IOException e) {
      throw failed("read", e);
    }
  }

  private long afterLastLineFeed(long size) throws IOException {
    for (long end = size; end > 0; ) {
      long start = Math.max(0, end - CHUNK);
      byte[] chunk = read(start, (int) (end - start));
      for (int i = chunk.length - 1; i >= 0; i--) {
        if (chunk[i] == '\n') {
          return start + i + 1;
        }
      }
      end = start;
    }
    return 0;
  }

  private byte[] read(long position, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        return Arrays.copyOf(bytes.array(), bytes.position());
      }
    }
    return bytes.array();
  }

  /** Compares the answers with the lines that they have to answer. */
  private Earlier check(long complete, LineReader lines, LineIds ids) {
    List<Long> failures = new ArrayList<>();
    long failed = 0;
    long end = 0;
    long count = 0;
    Head head = new Head(complete);
    try (AnsweredLines answers = new AnsweredLines(head)) {
      for (AnsweredLines.Answer answer = answers.next(); answer != null; answer = answers.next()) {
        Line line = check(answer.id(), ++count, lines.next(), ids);
        if (answer.failed()) {
          failed++;
          if (failures.size() < Tally.NAMED) {
            failures.add(line.row());
          }
        }
        end = line.end();
      }
    } catch (JacksonException e) {
      throw foreign(count + 1, e);
    }
    if (head.lineFeeds != count) {
      throw new BatchException(
          "%s has lines that are not one answer each (--overwrite starts anew)".formatted(path));
    }
    return new Earlier(count, failed, end, List.copyOf(failures));
  }

  /** The line that an answer is to. */
  private Line check(String found, long number, @Nullable Line line, LineIds ids) {
    if (ids.prefixes().stream().noneMatch(prefix -> found.startsWith(prefix + ids.settings()))) {
      throw foreign(number, null);
    }
    String id = line == null ? "" : ids.of(line);
    if (line == null || ids.prefixes().stream().noneMatch(prefix -> found.equals(prefix + id))) {
      throw new BatchException(
          "%s does not belong to this input: answer %d is to another line (--overwrite starts anew)"
              .formatted(path, number));
    }
    return line;
  }

  /** What is cut off must be an answer's beginning, or else somebody's file would lose its end. */
  private void checkBeginning(long start, long number, @Nullable Line line, LineIds ids)
      throws IOException {
    int most = (int) Math.min(LONGEST_BEGINNING, channel.size() - start);
    String found = new String(read(start, most), StandardCharsets.ISO_8859_1);
    String id = line == null ? "" : ids.of(line);
    for (String prefix : ids.prefixes()) {
      String own = "{\"id\":\"" + prefix + id;
      if (line != null && (own.startsWith(found) || found.startsWith(own))) {
        return;
      }
    }
    throw new BatchException(
        "%s ends in something else than the beginning of answer %d (--overwrite starts anew)"
            .formatted(path, number));
  }

  private BatchException foreign(long number, @Nullable Throwable cause) {
    return new BatchException(
        ("%s was not written by this run: answer %d is of another model, other options or another"
                + " program (--overwrite starts anew)")
            .formatted(path, number),
        cause);
  }

  @Override
  public void write(byte[] line) {
    try {
      for (ByteBuffer bytes = ByteBuffer.wrap(line); bytes.hasRemaining(); ) {
        int _ = channel.write(bytes);
      }
      if (System.nanoTime() - stored > STORE_NANOS) {
        channel.force(false);
        stored = System.nanoTime();
      }
    } catch (IOException e) {
      throw failed("write", e);
    }
  }

  @Override
  public String afterStop() {
    return "the same command continues";
  }

  @Override
  public void close() {
    try (channel) {
      channel.force(true);
    } catch (IOException e) {
      throw failed("write", e);
    }
  }

  private BatchException failed(String what, IOException e) {
    return new BatchException("cannot %s %s: %s".formatted(what, path, IoReason.of(e)), e);
  }

  /** The file's beginning. It leaves the channel's position alone, and the channel open. */
  private final class Head extends InputStream {
    private final long length;
    private long position;
    private long lineFeeds;

    Head(long length) {
      this.length = length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int count) throws IOException {
      int wanted = (int) Math.min(count, length - position);
      if (wanted == 0) {
        return count == 0 ? 0 : -1;
      }
      int read = channel.read(ByteBuffer.wrap(bytes, offset, wanted), position);
      for (int i = offset; i < offset + read; i++) {
        lineFeeds += bytes[i] == '\n' ? 1 : 0;
      }
      position += Math.max(0, read);
      return read;
    }
  }
}
