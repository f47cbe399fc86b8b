package dev.vl4j.server.api;

import dev.vl4j.loader.JsonReason;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** How JSON is read and written: records in snake case, absent values as null. */
public final class Json {
  // Pictures arrive as base64 strings, and the parser's own limit is meant for words.
  private static final int LONGEST_STRING = 1 << 30;

  static final JsonMapper MAPPER = mapper(true);

  /** For what is UTF-8 in any case: bytes that are none are an error, and no other encoding. */
  static final JsonMapper UTF_8_MAPPER = mapper(false);

  private Json() {}

  private static JsonMapper mapper(boolean detectsEncoding) {
    return JsonMapper.builder(
            JsonFactory.builder()
                .configure(TokenStreamFactory.Feature.CHARSET_DETECTION, detectsEncoding)
                .streamReadConstraints(
                    StreamReadConstraints.builder().maxStringLength(LONGEST_STRING).build())
                .build())
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
        .build();
  }

  /** What is wrong with a text that is no JSON. */
  public static String reason(JacksonException e) {
    return "not valid JSON: " + JsonReason.of(e.getOriginalMessage());
  }

  /** A response record as UTF-8. */
  public static byte[] write(Object response) {
    return MAPPER.writeValueAsBytes(response);
  }
}
