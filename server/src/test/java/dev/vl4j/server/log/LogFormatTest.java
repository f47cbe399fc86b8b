package dev.vl4j.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.log.Event.Level;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LogFormatTest {
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00.123Z");

  private static final Event EVENT =
      Event.of(Level.WARNING, "a.b")
          .with("message", "two words")
          .with("plain", "/v1/rerank?x")
          .with("empty", "")
          .with("absent", null)
          .with("odd", "a\"b\\c=d\n\t\u0001\u2028é")
          .with("count", 7L)
          .with("flag", true);

  @Test
  void text() {
    assertThat(LogFormat.TEXT.line(NOON, EVENT))
        .isEqualTo(
            "time=2026-03-01T12:00:00.123Z level=warning logger=a.b message=\"two words\""
                + " plain=/v1/rerank?x empty=\"\""
                + " odd=\"a\\\"b\\\\c=d\\n\\t\\u0001\\u2028\\u00e9\" count=7 flag=true");
  }

  @Test
  void json() {
    String line = LogFormat.JSON.line(NOON, EVENT);
    assertThat(line.lines()).hasSize(1);
    JsonNode object = JsonMapper.shared().readTree(line);
    assertThat(object.propertyNames())
        .containsExactly(
            "time", "level", "logger", "message", "plain", "empty", "odd", "count", "flag");
    assertThat(object.path("time").stringValue()).isEqualTo("2026-03-01T12:00:00.123Z");
    assertThat(object.path("level").stringValue()).isEqualTo("warning");
    assertThat(object.path("odd").stringValue()).isEqualTo("a\"b\\c=d\n\t\u0001\u2028é");
    assertThat(object.path("count").intValue()).isEqualTo(7);
    assertThat(object.path("flag").booleanValue()).isTrue();
  }

  @Test
  void stackTracesStayOnTheLine() {
    Event event = EVENT.withFailure(new IllegalStateException("first\nsecond"));
    String text = LogFormat.TEXT.line(NOON, event);
    assertThat(text.lines()).hasSize(1);
    assertThat(text)
        .contains(" stack=\"java.lang.IllegalStateException: first\\nsecond\\n\\tat ")
        .contains(LogFormatTest.class.getSimpleName());
    String json = LogFormat.JSON.line(NOON, event);
    assertThat(json.lines()).hasSize(1);
    assertThat(JsonMapper.shared().readTree(json).path("stack").stringValue())
        .startsWith("java.lang.IllegalStateException: first\nsecond\n\tat ");
  }
}
