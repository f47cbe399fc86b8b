package dev.vl4j.server.cli;

import dev.vl4j.engine.NonFiniteResultException;
import dev.vl4j.engine.Vl4jException;
import dev.vl4j.loader.IoReason;
import dev.vl4j.loader.LoaderException;
import dev.vl4j.search.IndexIoException;
import dev.vl4j.search.SearchException;
import dev.vl4j.server.batch.BatchException;
import dev.vl4j.server.log.EventLog;
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
    err.println("vl4j: " + line(failure, verbose));
    if (verbose) {
      failure.printStackTrace(err);
    }
    err.flush();
    return code(failure);
  }

  /** The same in a server's log. */
  static int report(Throwable failure, EventLog log, boolean verbose) {
    log.error(line(failure, verbose), verbose ? failure : null);
    return code(failure);
  }

  private static int code(Throwable failure) {
    return isRefusal(failure) ? REFUSED : UNEXPECTED;
  }

  private static boolean isRefusal(Throwable failure) {
    return failure instanceof CliException
        || (failure instanceof Vl4jException && !(failure instanceof NonFiniteResultException))
        || failure instanceof LoaderException
        || (failure instanceof SearchException && !(failure instanceof IndexIoException))
        || failure instanceof CommandLine.ParameterException;
  }

  private static String line(Throwable failure, boolean verbose) {
    boolean plain =
        isRefusal(failure)
            || failure instanceof NonFiniteResultException
            || failure instanceof BatchException
            || failure instanceof SearchException;
    return plain ? message(failure) : unexpected(failure, verbose);
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
