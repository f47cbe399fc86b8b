package dev.vl4j.server.log;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened.
 *
 * @param level how bad it is
 * @param logger who says so
 * @param fields what is known of it, in the order in which it is written; names are plain words
 * @param failure whose stack trace belongs to it, if one does
 */
public record Event(Level level, String logger, List<Field> fields, @Nullable Throwable failure) {
  /** How bad something is. */
  public enum Level {
    DEBUG,
    INFO,
    WARNING,
    ERROR
  }

  /**
   * A name and its value.
   *
   * @param value a string, a number or a boolean
   */
  public record Field(String name, Object value) {}

  public Event {
    fields = List.copyOf(fields);
  }

  /** An event of which nothing is known yet. */
  public static Event of(Level level, String logger) {
    return new Event(level, logger, List.of(), null);
  }

  /** The event with one more field; null is left out. */
  public Event with(String name, @Nullable Object value) {
    if (value == null) {
      return this;
    }
    List<Field> more = new ArrayList<>(fields);
    more.add(new Field(name, value));
    return new Event(level, logger, more, failure);
  }

  /** The event with a stack trace, if there is a failure. */
  public Event withFailure(@Nullable Throwable failure) {
    return new Event(level, logger, fields, failure);
  }
}
