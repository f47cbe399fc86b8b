package dev.vl4j.server.batch;

import dev.vl4j.loader.IoReason;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where answers go. */
public sealed interface BatchOutput extends AutoCloseable permits ResumableFile, StreamOutput {
  /** A stream, which stays open. Every run begins with the first line. */
  static BatchOutput stream(PrintStream stream, String name) {
    return new StreamOutput(stream, name, false);
  }

  /**
   * A file, which is continued if it belongs to the same run; or a device or a named pipe.
   *
   * @param overwrite whether what a file holds is dropped when the run begins
   * @throws BatchException if it cannot be opened, or another process is writing it
   */
  static BatchOutput open(Path path, boolean overwrite) {
    if (!Files.exists(path) || Files.isRegularFile(path)) {
      return ResumableFile.open(path, overwrite);
    }
    try {
      return new StreamOutput(new PrintStream(Files.newOutputStream(path)), path.toString(), true);
    } catch (IOException e) {
      throw new BatchException("cannot write %s: %s".formatted(path, IoReason.of(e)), e);
    }
  }

  /**
   * Goes on behind the answers that are there, after a check that they answer the same lines under
   * the same settings. The reader is left at the first line without an answer.
   *
   * @throws BatchException if they do not
   */
  Earlier resume(LineReader lines, LineIds ids);

  /**
   * Adds an answer.
   *
   * @param line with its line feed
   * @throws BatchException if that fails
   */
  void write(byte[] line);

  /** What to do to go on after a stop, in a few words for people. */
  String afterStop();

  /**
   * Ends the output.
   *
   * @throws BatchException if that fails
   */
  @Override
  void close();

  /**
   * What earlier runs did.
   *
   * @param lines answered, errors included
   * @param failed of them
   * @param end of the last of them in the input
   * @param failures the first of those that failed, by their rows
   */
  record Earlier(long lines, long failed, long end, List<Long> failures) {
    static final Earlier NOTHING = new Earlier(0, 0, 0, List.of());
  }
}
