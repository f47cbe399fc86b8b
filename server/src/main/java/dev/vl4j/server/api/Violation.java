package dev.vl4j.server.api;

import tools.jackson.databind.JsonNode;

/**
 * One thing that is wrong with a request's body.
 *
 * @param type kind of fault, in pydantic's words, such as {@code missing}
 * @param path of the field, such as {@code body.documents.0}
 * @param message what is wrong with it
 * @param input what stands there, cut to a length that can be shown
 */
public record Violation(String type, String path, String message, String input) {
  private static final int LONGEST_INPUT = 200;

  static Violation of(String type, String path, String message, JsonNode input) {
    return new Violation(type, path, message, shown(input));
  }

  /** A value as a message can show it: what it holds, or how much of it. */
  static String shown(JsonNode value) {
    if (value.isArray()) {
      return "<list of %d items>".formatted(value.size());
    }
    if (value.isObject()) {
      return "<dict of %d items>".formatted(value.size());
    }
    String text = value.isString() ? value.stringValue() : value.toString();
    return text.length() <= LONGEST_INPUT
        ? text
        : text.substring(0, LONGEST_INPUT) + "...[truncated]";
  }

  /** As vLLM shows it: a dictionary of Python. */
  String asDictionary() {
    return "{'type': %s, 'loc': %s, 'msg': %s, 'input': %s}"
        .formatted(quoted(type), quoted(path), quoted(message), quoted(input));
  }

  private static String quoted(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'";
  }

  /** Path and message on one line, the path without the word body. */
  public String summary() {
    String field = path.startsWith("body.") ? path.substring(5) : "";
    return field.isEmpty() ? message : field + ": " + message;
  }
}
