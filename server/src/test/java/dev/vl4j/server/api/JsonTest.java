package dev.vl4j.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;

class JsonTest {
  /** What is said of broken JSON has no words about the parser's own settings. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\": 1",
        "{\"a\"",
        "{",
        "[1",
        "[",
        "[1, {\"b\": [",
        "{\"a\": \"b",
        "[1}",
        "{\"a\": 1]",
        "\"a",
        "x",
        "1 2",
        "{\"a\": tru",
        "[,]",
        "{'a': 1}",
        "-",
        "1e",
        "\"\\x\""
      })
  void reasons(String text) {
    assertThatThrownBy(() -> Json.MAPPER.readTree(text.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOfSatisfying(
            JacksonException.class,
            e ->
                assertThat(Json.reason(e))
                    .startsWith("not valid JSON: ")
                    .hasSizeGreaterThan("not valid JSON: ".length())
                    .doesNotContain("Source", "REDACTED", "StreamReadFeature", "#UNKNOWN"));
  }
}
