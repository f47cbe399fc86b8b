package dev.vl4j.server.log;

import dev.vl4j.server.log.Event.Level;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * Where goes what libraries log, and vl4j's own modules: {@link System.Logger}, java.util.logging
 * and SLF4J all end in java.util.logging. Libraries are heard from warnings on, vl4j from the level
 * of information on.
 */
public final class LibraryLog extends Handler {
  /** Kept, since java.util.logging forgets levels of loggers that nobody holds. */
  private static final Logger OWN = Logger.getLogger("dev.vl4j");

  /** Where DJL says that it found no GPU for the tokenizer, which is to use none. */
  private static final Logger GPU_SEARCH = Logger.getLogger("ai.djl.util.cuda");

  private final Consumer<Event> target;

  private LibraryLog(Consumer<Event> target) {
    this.target = target;
  }

  /** From now on, all of it goes there, in this whole process. */
  public static void sendTo(Consumer<Event> target) {
    LogManager.getLogManager().reset();
    Logger root = Logger.getLogger("");
    root.addHandler(new LibraryLog(target));
    root.setLevel(java.util.logging.Level.WARNING);
    OWN.setLevel(java.util.logging.Level.INFO);
    GPU_SEARCH.setLevel(java.util.logging.Level.SEVERE);
  }

  @Override
  public void publish(LogRecord record) {
    if (isLoggable(record)) {
      String logger = record.getLoggerName();
      target.accept(
          Event.of(level(record.getLevel()), logger == null ? "-" : logger)
              .with("message", new SimpleFormatter().formatMessage(record))
              .withFailure(record.getThrown()));
    }
  }

  private static Level level(java.util.logging.Level level) {
    if (level.intValue() >= java.util.logging.Level.SEVERE.intValue()) {
      return Level.ERROR;
    }
    if (level.intValue() >= java.util.logging.Level.WARNING.intValue()) {
      return Level.WARNING;
    }
    return level.intValue() >= java.util.logging.Level.INFO.intValue() ? Level.INFO : Level.DEBUG;
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
