package dev.vl4j.server.log;

import dev.vl4j.server.log.Event.Level;
import java.io.PrintStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Writes events, each on a line of its own. It is safe for use by many threads. */
public final class EventLog {
  /** What the server's own lines are said by. */
  private static final String SERVER = "vl4j";

  private final PrintStream out;
  private final LogFormat format;

  /**
   * @param out in UTF-8
   */
  public EventLog(PrintStream out, LogFormat format) {
    this.out = out;
    this.format = format;
  }

  /** A log in the format that people read. */
  public static EventLog text(PrintStream out) {
    return new EventLog(out, LogFormat.TEXT);
  }

  public void write(Event event) {
    out.println(format.line(Instant.now().truncatedTo(ChronoUnit.MILLIS), event));
  }

  public void info(String message) {
    write(Level.INFO, message, null);
  }

  public void warning(String message) {
    write(Level.WARNING, message, null);
  }

  /**
   * @param failure whose stack trace is to be written, if one is
   */
  public void error(String message, @Nullable Throwable failure) {
    write(Level.ERROR, message, failure);
  }

  private void write(Level level, String message, @Nullable Throwable failure) {
    write(event(level, message).withFailure(failure));
  }

  /** An event of the server itself. */
  public static Event event(Level level, String message) {
    return Event.of(level, SERVER).with("message", message);
  }
}
