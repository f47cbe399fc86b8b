package dev.vl4j.server.log;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** How an event becomes a line. */
public enum LogFormat {
  /** {@code key=value} pairs (logfmt); a value that is no plain word is in double quotes. */
  TEXT {
    @Override
    String write(Map<String, Object> fields) {
      StringBuilder line = new StringBuilder();
      fields.forEach((name, value) -> {
        line.append(line.isEmpty() ? "" : " ").append(name).append('=');
        if (value instanceof String text) {
          quote(text, line);
        } else {
          line.append(value);
        }
      });
      return line.toString();
    }
  },

  /** A JSON object. */
  JSON {
    @Override
    String write(Map<String, Object> fields) {
      return JsonMapper.shared().writeValueAsString(fields);
    }
  };

  /** What happened at a time, on one line whatever its values are. */
  final String line(Instant time, Event event) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("time", time.toString());
    fields.put("level", event.level().name().toLowerCase(Locale.ROOT));
    fields.put("logger", event.logger());
    event.fields().forEach(field -> fields.put(field.name(), field.value()));
    Throwable failure = event.failure();
    if (failure != null) {
      fields.put("stack", stackTrace(failure));
    }
    return write(fields);
  }

  abstract String write(Map<String, Object> fields);

  private static String stackTrace(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text, true));
    return text.toString().strip();
  }

  /** Writes a value as one word, whatever a client put into it. */
  private static void quote(String value, StringBuilder line) {
    boolean plain =
        !value.isEmpty()
            && value
                .chars()
                .allMatch(c -> c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\');
    if (plain) {
      line.append(value);
      return;
    }
    line.append('"');
    value
        .chars()
        .forEach(c -> {
          switch (c) {
            case '"', '\\' -> line.append('\\').append((char) c);
            case '\n' -> line.append("\\n");
            case '\r' -> line.append("\\r");
            case '\t' -> line.append("\\t");
            default -> {
              if (c < ' ' || c >= 0x7f) {
                line.append("\\u%04x".formatted(c));
              } else {
                line.append((char) c);
              }
            }
          }
        });
    line.append('"');
  }
}
