package dev.vl4j.server.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where the lines of a command come from. */
interface LinesInput {
  /** Standard input. */
  String STDIN = "-";

  /** What error messages call it. */
  String name();

  /** How long it is, or 0 if that is not known. */
  long bytes() throws IOException;

  /**
   * Opens it.
   *
   * @throws CliException if it cannot be opened
   */
  InputStream open();

  /**
   * Refuses an output that is the same file.
   *
   * @param output or null
   * @throws CliException if it is
   */
  default void refuse(@Nullable Path output) {}

  /** A file, or standard input. */
  static LinesInput of(String input, Streams streams) {
    return input.equals(STDIN) ? new Standard(streams) : new File(input);
  }

  /** Standard input, which stays open. */
  record Standard(Streams streams) implements LinesInput {
    @Override
    public String name() {
      return "standard input";
    }

    @Override
    public long bytes() {
      return 0;
    }

    @Override
    public InputStream open() {
      return streams.in();
    }
  }

  /**
   * A file.
   *
   * @param name its path as the command line has it
   */
  record File(String name) implements LinesInput {
    @Override
    public long bytes() throws IOException {
      return Files.isRegularFile(Path.of(name)) ? Files.size(Path.of(name)) : 0;
    }

    @Override
    public InputStream open() {
      try {
        return Files.newInputStream(Path.of(name));
      } catch (NoSuchFileException e) {
        throw new CliException("--input: no such file: " + name, e);
      } catch (IOException e) {
        throw new CliException("--input: cannot read " + name + ": " + Errors.message(e), e);
      } catch (InvalidPathException e) {
        throw new CliException("--input: not a path: " + name, e);
      }
    }

    @Override
    public void refuse(@Nullable Path output) {
      try {
        if (output != null && Files.exists(output) && Files.isSameFile(Path.of(name), output)) {
          throw new CliException("--output is the input: " + output);
        }
      } catch (IOException | InvalidPathException _) {
        // Opening the input says so.
      }
    }
  }

  /** Lines that are there already. */
  @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
  record Made(String name, byte[] lines) implements LinesInput {
    @Override
    public long bytes() {
      return lines.length;
    }

    @Override
    public InputStream open() {
      return new ByteArrayInputStream(lines);
    }
  }
}
