package dev.vl4j.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

class JsonReasonTest {
  private static final JsonMapper STRICT =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private static String reason(String text) {
    StringBuilder found = new StringBuilder();
    assertThatExceptionOfType(JacksonException.class)
        .isThrownBy(() -> STRICT.readTree(text))
        .satisfies(e -> found.append(JsonReason.of(e.getOriginalMessage())));
    return found.toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} {} | more follows behind its end",
        "[1} | Unexpected close marker '}': expected ']'",
        "[ | Unexpected end-of-input: expected close marker for Array",
        "[NaN] | Non-standard token 'NaN'",
        "+1 | Unexpected character ('+' (code 43)) in numeric value: JSON spec does not allow"
            + " numbers to have plus signs",
        "/* */1 | Unexpected character ('/' (code 47)): maybe a (non-standard) comment?",
        "{\"a\" 1} | Unexpected character ('1' (code 49)): was expecting a colon to separate"
            + " property name and value",
      })
  void saysNothingOfTheParser(String text, String expected) {
    assertThat(reason(text)).isEqualTo(expected);
  }

  @Test
  void namesLimits() {
    assertThat(reason("[".repeat(600)))
        .isEqualTo("Document nesting depth (501) exceeds the maximum allowed (500)");
  }

  /** What a text holds is no word of the parser's. */
  @Test
  void aTextMayHoldItsWords() {
    assertThat(JsonReason.of("Duplicate Object property \", from `a`\nb\""))
        .isEqualTo("Duplicate Object property \", from `a` b\"");
    assertThat(JsonReason.of("x (start marker at [Source: ".repeat(10_000))).hasSizeLessThan(300);
  }
}
