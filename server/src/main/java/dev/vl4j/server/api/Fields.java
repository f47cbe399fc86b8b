package dev.vl4j.server.api;

import java.io.InputStream;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads the fields of one JSON body, as leniently as pydantic does for vLLM: numbers may be written
 * as strings, null counts as absent, and unknown fields do not matter. What is wrong is collected
 * and reported together by {@link #finish}.
 */
public final class Fields {
  private static final Pattern INTEGER = Pattern.compile("\\s*[+-]?[0-9]{1,18}\\s*");
  private static final Set<String> TRUE = Set.of("true", "1", "on", "t", "y", "yes");
  private static final Set<String> FALSE = Set.of("false", "0", "off", "f", "n", "no");

  private final JsonNode root;
  private final List<Violation> violations = new ArrayList<>();

  private Fields(JsonNode root) {
    this.root = root;
  }

  /**
   * Parses a body in UTF-8. What the stream throws ends the parsing.
   *
   * @throws ApiException if the body is no JSON object, or holds too much
   */
  public static Fields parse(InputStream body, BodyLimits limits) {
    JsonNode root;
    try (JsonParser parser = new CountingParser(Json.MAPPER.createParser(body), limits)) {
      root = Json.MAPPER.readTree(parser);
    } catch (JacksonException e) {
      String message = Json.reason(e) + place(e.getLocation());
      throw ApiException.malformed(List.of(new Violation("json_invalid", "body", message, "")));
    }
    return of(root == null ? MissingNode.getInstance() : root);
  }

  /**
   * @throws ApiException if the body is no JSON object
   */
  static Fields of(JsonNode root) {
    if (!root.isObject()) {
      throw ApiException.malformed(
          List.of(
              root.isMissingNode()
                  ? new Violation("missing", "body", "Field required", "")
                  : Violation.of("dict_type", "body", "the request is not a JSON object", root)));
    }
    return new Fields(root);
  }

  /** What is nested too deeply has no place. */
  private static String place(@Nullable TokenStreamLocation location) {
    return location == null
        ? ""
        : " (line %d, column %d)".formatted(location.getLineNr(), location.getColumnNr());
  }

  /** The body less some of its fields. */
  JsonNode without(Set<String> names) {
    ObjectNode rest = Json.MAPPER.createObjectNode();
    root.properties().stream()
        .filter(field -> !names.contains(field.getKey()))
        .forEach(field -> rest.set(field.getKey(), field.getValue()));
    return rest;
  }

  /** A field's value, or null if it is absent. */
  @Nullable JsonNode get(String name) {
    return get(root, name);
  }

  static @Nullable JsonNode get(JsonNode object, String name) {
    JsonNode value = object.get(name);
    return value == null || value.isNull() ? null : value;
  }

  /** Whether this is a body of {@code /v1/score}, going by its fields. */
  public boolean isScoreBody() {
    return ScoreBody.isOne(root);
  }

  boolean has(String name) {
    return get(name) != null;
  }

  /** A field that must be there; a missing one is reported, and stands for nothing. */
  JsonNode required(String name) {
    return required(root, name, "body");
  }

  /**
   * A member that must be there.
   *
   * @param path of the object
   */
  JsonNode required(JsonNode object, String name, String path) {
    JsonNode value = object.get(name);
    if (value == null) {
      reject("missing", path + "." + name, "Field required", object);
      return MissingNode.getInstance();
    }
    return value;
  }

  @Nullable String string(String name) {
    JsonNode value = get(name);
    return value == null ? null : string(value, "body." + name);
  }

  /** A string; anything else is reported, and stands for an empty one. */
  String string(JsonNode value, String path) {
    if (value.isString()) {
      return value.stringValue();
    }
    if (!value.isMissingNode()) {
      reject("string_type", path, "expected a string, found " + Violation.shown(value), value);
    }
    return "";
  }

  /** An integer field, or the default if it is absent. */
  int integer(String name, int absent) {
    JsonNode value = get(name);
    return value == null ? absent : integer(value, "body." + name);
  }

  /** An integer; anything else is reported, and stands for 0. */
  int integer(JsonNode value, String path) {
    Long number = null;
    if (value.isNumber() && isIntegral(value)) {
      number = value.decimalValue().longValueExact();
    } else if (value.isString() && INTEGER.matcher(value.stringValue()).matches()) {
      number = Long.parseLong(value.stringValue().strip());
    } else if (value.isBoolean()) {
      number = value.booleanValue() ? 1L : 0L;
    }
    if (number == null || number != number.intValue()) {
      reject("int_parsing", path, "expected an integer, found " + Violation.shown(value), value);
      return 0;
    }
    return number.intValue();
  }

  /** Numbers such as 1e999999999 are not expanded to find out. */
  private static boolean isIntegral(JsonNode value) {
    double approximate = value.doubleValue(Double.NaN); // which is what no double can hold
    if (!(Math.abs(approximate) < 1e15)) {
      return false;
    }
    BigDecimal exact = value.decimalValue();
    return exact.signum() == 0 || (exact.scale() < 400 && exact.stripTrailingZeros().scale() <= 0);
  }

  /** An integer field of a lowest value, or the default if it is absent. */
  int atLeast(String name, int least, int absent) {
    int before = violations.size();
    int value = integer(name, absent);
    if (violations.size() > before) {
      return absent;
    }
    if (value < least && has(name)) {
      rejectField(
          "greater_than_equal", name, "expected %d or more, found %d".formatted(least, value));
      return absent;
    }
    return value;
  }

  boolean flag(String name, boolean absent) {
    JsonNode value = get(name);
    if (value == null) {
      return absent;
    }
    if (value.isBoolean()) {
      return value.booleanValue();
    }
    String text =
        value.isString()
            ? value.stringValue().toLowerCase(Locale.ROOT)
            : value.isNumber() ? value.toString() : "";
    if (TRUE.contains(text)) {
      return true;
    }
    if (!FALSE.contains(text)) {
      rejectField("bool_parsing", name, "expected true or false, found " + Violation.shown(value));
    }
    return false;
  }

  /** A field with one of a few words, of which the first is the default. */
  String oneOf(String name, String... words) {
    String value = string(name);
    if (value == null) {
      return words[0];
    }
    if (!root.path(name).isString()) {
      return words[0]; // which is reported already
    }
    if (!List.of(words).contains(value)) {
      rejectField(
          "literal_error",
          name,
          "expected %s, found %s".formatted(String.join(" or ", words), value));
    }
    return value;
  }

  /** A field with an object, or null if it is absent. */
  @Nullable JsonNode object(String name) {
    JsonNode value = get(name);
    if (value != null && !value.isObject()) {
      rejectField("dict_type", name, "expected an object, found " + Violation.shown(value));
      return null;
    }
    return value;
  }

  /** Reports a field that is there but would change the answer in a way that is not offered. */
  void refuse(String name, String reason) {
    rejectField("value_error", name, reason);
  }

  private void rejectField(String type, String name, String message) {
    JsonNode value = get(name);
    reject(type, "body." + name, message, value == null ? MissingNode.getInstance() : value);
  }

  void reject(String type, String path, String message, JsonNode input) {
    violations.add(Violation.of(type, path, message, input));
  }

  /**
   * Ends the reading.
   *
   * @throws ApiException if something was wrong
   */
  void finish() {
    if (!violations.isEmpty()) {
      throw ApiException.malformed(violations);
    }
  }
}
