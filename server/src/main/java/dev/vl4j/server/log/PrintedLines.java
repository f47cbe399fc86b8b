package dev.vl4j.server.log;

import dev.vl4j.server.log.Event.Level;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Makes events of lines that somebody prints; a blank one is none. */
public final class PrintedLines extends OutputStream {
  private static final String PROGRAM = "vl4j: ";

  private final EventLog log;
  private final Level level;
  private final String logger;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  private PrintedLines(EventLog log, Level level, String logger) {
    this.log = log;
    this.level = level;
    this.logger = logger;
  }

  /**
   * A stream whose lines become events.
   *
   * @param logger who is said to have printed them
   */
  public static PrintStream to(EventLog log, Level level, String logger) {
    return new PrintStream(
        new PrintedLines(log, level, logger), /* autoFlush= */ true, StandardCharsets.UTF_8);
  }

  @Override
  public synchronized void write(int one) {
    if (one != '\n') {
      line.write(one);
      return;
    }
    String text = line.toString(StandardCharsets.UTF_8).strip();
    line.reset();
    String message = text.startsWith(PROGRAM) ? text.substring(PROGRAM.length()) : text;
    if (!message.isEmpty()) {
      log.write(Event.of(level, logger).with("message", message));
    }
  }
}
