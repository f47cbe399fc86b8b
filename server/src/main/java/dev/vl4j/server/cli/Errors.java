package dev.vl4j.server.cli;

import dev.vl4j.engine.NonFiniteResultException;
import dev.vl4j.engine.Vl4jException;
import dev.vl4j.loader.IoReason;
import dev.vl4j.loader.LoaderException;
import dev.vl4j.server.batch.BatchException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Objects;
import picocli.CommandLine;

/** Failures as one line on stderr and an exit code. */
final class Errors {
  /** A failure nobody foresaw, or that is the model's. */
  static final int UNEXPECTED = 1;

  /** A failure the caller can put right. */
  static final int REFUSED = 2;

  private Errors() {}

  /** Reports a failure and answers the exit code it deserves. */
  static int report(Throwable failure, PrintStream err, boolean verbose) {
    boolean noScore = failure instanceof NonFiniteResultException;
    boolean refused =
        failure instanceof CliException
            || (failure instanceof Vl4jException && !noScore)
            || failure instanceof LoaderException
            || failure instanceof CommandLine.ParameterException;
    boolean plain = refused || noScore || failure instanceof BatchException;
    String line = plain ? message(failure) : unexpected(failure, verbose);
    err.println("vl4j: " + line);
    if (verbose) {
      failure.printStackTrace(err);
    }
    err.flush();
    return refused ? REFUSED : UNEXPECTED;
  }

  private static String unexpected(Throwable failure, boolean verbose) {
    if (failure instanceof OutOfMemoryError) {
      return String.format(
          Locale.ROOT,
          "out of memory (Java heap limit: %d MiB; VL4J_JAVA_OPTS=-Xmx8g raises it)",
          Runtime.getRuntime().maxMemory() >> 20);
    }
    if (failure instanceof InternalError || failure instanceof LinkageError) {
      return "the Java runtime cannot use its own files: "
          + message(failure)
          + " (it may be damaged, or this process may not open enough files: see ulimit -n)";
    }
    String line = "unexpected " + failure.getClass().getSimpleName() + ": " + message(failure);
    return verbose ? line : line + " (--verbose shows where)";
  }

  /** The message of a failure, on one line whatever it quotes. */
  static String message(Throwable failure) {
    return switch (failure) {
      case IOException e -> IoReason.of(e);
      case UncheckedIOException e -> message(Objects.requireNonNull(e.getCause()));
      default ->
          failure.getMessage() == null
              ? failure.getClass().getSimpleName()
              : oneLine(failure.getMessage());
    };
  }

  static String oneLine(String text) {
    return text.strip().replaceAll("\\s*\\R\\s*", "; ").replaceAll("\\p{Cntrl}", " ");
  }
}
