package dev.vl4j.engine.prompt;

import dev.vl4j.engine.ModelException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the values of a JSON object's fields stand, found without reading them. A parser that is
 * not compiled yet takes a second for the 11 MB of a published tokenizer.json; this loop takes some
 * milliseconds. What is inside of a value is left to whoever reads it.
 */
final class JsonSpans {
  /** Bytes {@code from} (inclusive) to {@code to} (exclusive). */
  record Span(int from, int to) {}

  private final byte[] json;
  private int at;

  private JsonSpans(byte[] json, int at) {
    this.json = json;
    this.at = at;
  }

  /**
   * The values of the object that begins at a byte, by field, in their order.
   *
   * @param json UTF-8
   * @throws ModelException if there is no object, or it does not end
   */
  static Map<String, Span> of(byte[] json, int from) {
    return new JsonSpans(json, from).object();
  }

  private Map<String, Span> object() {
    Map<String, Span> spans = new LinkedHashMap<>();
    expect('{');
    if (peek() == '}') {
      return spans;
    }
    while (true) {
      peek();
      int name = at;
      string();
      String field = new String(json, name + 1, at - name - 2, StandardCharsets.UTF_8);
      expect(':');
      peek();
      int from = at;
      value();
      spans.put(field, new Span(from, at));
      if (peek() == '}') {
        return spans;
      }
      expect(',');
    }
  }

  /** To the end of the value that begins here. */
  private void value() {
    int depth = 0;
    do {
      switch (next()) {
        case '"' -> {
          at--;
          string();
        }
        case '{', '[' -> depth++;
        case '}', ']' -> depth--;
        default -> {
          // A scalar outside of everything ends before what follows it.
          while (depth == 0 && at < json.length && ",}] \t\r\n".indexOf(json[at]) < 0) {
            at++;
          }
        }
      }
    } while (depth > 0);
  }

  /** To the end of the string that begins here. */
  private void string() {
    expect('"');
    for (byte b = next(); b != '"'; b = next()) {
      if (b == '\\') {
        next();
      }
    }
  }

  /** The next byte that is no white space, which stays the next. */
  private byte peek() {
    byte b = next();
    while (b == ' ' || b == '\n' || b == '\r' || b == '\t') {
      b = next();
    }
    at--;
    return b;
  }

  private void expect(char wanted) {
    byte found = peek();
    if (found != wanted) {
      throw new ModelException(
          "not JSON: expected %c at byte %d, found %c".formatted(wanted, at, (char) found));
    }
    at++;
  }

  private byte next() {
    if (at >= json.length) {
      throw new ModelException("not JSON: it ends at byte " + at);
    }
    return json[at++];
  }
}
