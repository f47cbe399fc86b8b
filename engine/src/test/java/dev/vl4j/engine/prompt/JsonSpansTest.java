package dev.vl4j.engine.prompt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.ModelException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JsonSpansTest {
  private static final String ODD =
      """
      { "a" :1, "b":"x\\"}\\\\", "\u00e9" : [ {"]":"["}, [], {} ] ,
        "c":{"d":{"e":[1,2,{"f":null}]}},"g":-1.5e3,"h":true , "i" : null,"":"}",
        "long": [[[[[[[[]]]]]]]] }
      """;

  @Test
  void valuesAreThoseOfAParser() {
    byte[] json = ODD.getBytes(UTF_8);
    Map<String, JsonNode> found = new LinkedHashMap<>();
    JsonSpans.of(json, 0)
        .forEach((field, span) ->
            found.put(
                field, JsonMapper.shared().readTree(json, span.from(), span.to() - span.from())));
    Map<String, JsonNode> expected = new LinkedHashMap<>();
    JsonMapper.shared()
        .readTree(json)
        .properties()
        .forEach(entry -> expected.put(entry.getKey(), entry.getValue()));
    assertThat(found).containsExactlyEntriesOf(expected);
  }

  @Test
  void anObjectInsideIsReadFromItsPlace() {
    byte[] json = "{\"model\": {\"type\": \"BPE\"} }".getBytes(UTF_8);
    JsonSpans.Span model = JsonSpans.of(json, 0).get("model");
    assertThat(model).isNotNull();
    JsonSpans.Span type = JsonSpans.of(json, model.from()).get("type");
    assertThat(type).isNotNull();
    assertThat(new String(json, type.from(), type.to() - type.from(), UTF_8)).isEqualTo("\"BPE\"");
    assertThat(JsonSpans.of("{ }".getBytes(UTF_8), 0)).isEmpty();
  }

  /** Every beginning of a file, and some other damage, ends in an error and not in a loop. */
  @Test
  void whatEndsEarlyIsRefused() {
    byte[] json = ODD.strip().getBytes(UTF_8);
    for (int length = 0; length < json.length; length++) {
      byte[] cut = java.util.Arrays.copyOf(json, length);
      assertThatThrownBy(() -> JsonSpans.of(cut, 0))
          .as("%d bytes", length)
          .isInstanceOf(ModelException.class)
          .hasMessageStartingWith("not JSON");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "\"a\"", "{1:2}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\":1,}"})
  void otherThingsAreRefused(String json) {
    assertThatThrownBy(() -> JsonSpans.of(json.getBytes(UTF_8), 0))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith("not JSON");
  }
}
