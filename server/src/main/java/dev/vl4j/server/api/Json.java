package dev.vl4j.server.api;

import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** How JSON is read and written: records in snake case, absent values as null. */
public final class Json {
  // Pictures arrive as base64 strings, and the parser's own limit is meant for words.
  private static final int LONGEST_STRING = 1 << 30;

  static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxStringLength(LONGEST_STRING).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .build();

  private Json() {}

  /** A response record as UTF-8. */
  public static byte[] write(Object response) {
    return MAPPER.writeValueAsBytes(response);
  }
}
