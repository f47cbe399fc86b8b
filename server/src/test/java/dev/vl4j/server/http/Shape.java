package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A JSON value as a pattern. Objects have exactly the pattern's keys, in any order; a list of one
 * pattern is a list of one or more such values; {@code "<integer>"}, {@code "<number>"}, {@code
 * "<string>"} and {@code "<any>"} stand for a type, {@code "<~REGEX>"} for a string; everything
 * else is itself.
 */
final class Shape {
  private final JsonNode pattern;

  private Shape(JsonNode pattern) {
    this.pattern = pattern;
  }

  /** A pattern as JSON, in which {@code '} stands for {@code "}. */
  static Shape of(String pattern) {
    return new Shape(JsonMapper.shared().readTree(pattern.replace('\'', '"')));
  }

  void assertMatches(LiveServer.Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    assertMatches(answer.json());
  }

  void assertMatches(JsonNode value) {
    check(pattern, value, "$");
  }

  private static void check(JsonNode pattern, JsonNode value, String path) {
    if (pattern.isObject()) {
      assertThat(value.isObject()).as("%s is an object: %s", path, value).isTrue();
      assertThat(value.propertyNames())
          .as("keys of %s", path)
          .containsExactlyInAnyOrderElementsOf(pattern.propertyNames());
      pattern.forEachEntry((key, one) -> check(one, value.path(key), path + "." + key));
    } else if (pattern.isArray() && pattern.size() == 1) {
      assertThat(value.isArray()).as("%s is a list: %s", path, value).isTrue();
      assertThat(value.size()).as("length of %s", path).isPositive();
      for (JsonNode item : value.values()) {
        check(pattern.get(0), item, path + "[]");
      }
    } else if (pattern.isString()) {
      word(pattern.stringValue(), value, path);
    } else {
      assertThat(value).as(path).isEqualTo(pattern);
    }
  }

  private static void word(String pattern, JsonNode value, String path) {
    switch (pattern) {
      case "<any>" -> assertThat(value.isMissingNode()).as("%s is missing", path).isFalse();
      case "<integer>" ->
          assertThat(value.isIntegralNumber()).as("%s is an integer: %s", path, value).isTrue();
      case "<number>" ->
          assertThat(value.isNumber()).as("%s is a number: %s", path, value).isTrue();
      case "<string>" ->
          assertThat(value.isString()).as("%s is a string: %s", path, value).isTrue();
      default -> {
        assertThat(value.isString()).as("%s is a string: %s", path, value).isTrue();
        String regex =
            pattern.startsWith("<~")
                ? pattern.substring(2, pattern.length() - 1)
                : Pattern.quote(pattern);
        assertThat(value.stringValue()).as(path).matches(regex);
      }
    }
  }
}
