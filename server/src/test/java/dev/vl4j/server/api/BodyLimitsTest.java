package dev.vl4j.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.RequestLimits;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bodies that hold more than one request may: they are not read to their end. */
class BodyLimitsTest {
  private static final RequestLimits FEW =
      RequestLimits.DEFAULT.withDocuments(10).withParts(20).withRequestTokens(30);

  /** A beginning, and then the same for ever. */
  private static final class Endless extends InputStream {
    private final byte[] beginning;
    private final byte[] unit;
    private long read;

    Endless(String beginning, String unit) {
      this.beginning = json(beginning);
      this.unit = json(unit);
    }

    @Override
    public int read() {
      long at = read++;
      return at < beginning.length
          ? beginning[(int) at]
          : unit[(int) ((at - beginning.length) % unit.length)];
    }

    @Override
    public int read(byte[] bytes, int from, int length) {
      for (int i = 0; i < length; i++) {
        bytes[from + i] = (byte) read();
      }
      return length;
    }
  }

  private static byte[] json(String text) {
    return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  private static <T> T read(Function<Fields, T> reader, String body) {
    return reader.apply(Fields.parse(new ByteArrayInputStream(json(body)), BodyLimits.of(FEW)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          {'query': 'q', 'documents': [       | 'a',                       | elements in documents: expected 10
          {'query': 'q', 'documents': [       | {'content': []},           | elements in documents: expected 10
          {'query': 'q', 'documents': [       | [],                        | elements in documents: expected 10
          {'query': 'q', 'documents': [       | 7,                         | numbers in lists: expected 30
          {'query': {'content': [             | {'type':'text','text':'a'}, | texts and images: expected 20
          {'documents': [{'content': [        | 'a',                       | texts and images: expected 20
          {'unknown': [[[                     | null,                      | texts and images: expected 20
          {'unknown': [                       | true,                      | elements in unknown: expected 10
          {'unknown': {'a': 0                 | ,'b': 1                    | values: expected 1184
          {'a': 0                             | ,'b': {}                   | values: expected 1184
          """)
  void whatIsTooMuchEndsTheReading(String beginning, String unit, String message) {
    Endless body = new Endless(beginning, unit);
    assertThatThrownBy(() -> RerankBody.read(Fields.parse(body, BodyLimits.of(FEW))))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("at most in one request");
    assertThat(body.read).isLessThan(100_000);
  }

  @Test
  void allBodiesHaveLimits() {
    Endless numbers = new Endless("{'tokens': [1", ",2");
    assertThatThrownBy(() -> DetokenizeBody.read(Fields.parse(numbers, BodyLimits.of(FEW))))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("numbers in lists: expected 30");
    Endless pairs = new Endless("{'queries': 'a', 'documents': ['a'", ",'a'");
    assertThatThrownBy(() -> ScoreBody.read(Fields.parse(pairs, BodyLimits.of(FEW))))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("elements in documents: expected 10");
    Endless prompts = new Endless("{'input': [[1]", ",[1]");
    assertThatThrownBy(() -> PromptsBody.classification(Fields.parse(prompts, BodyLimits.of(FEW))))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("elements in input: expected 10");
    Endless messages = new Endless("{'messages': [{}", ",{}");
    assertThatThrownBy(() -> TokenizeBody.read(Fields.parse(messages, BodyLimits.of(FEW))))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("elements in messages: expected 10");
  }

  @Test
  void whatIsAllowedIsRead() {
    String ten = "['a','a','a','a','a','a','a','a','a','a']";
    ScoreBody pairs = read(ScoreBody::read, "{'queries': %s, 'documents': %s}".formatted(ten, ten));
    assertThat(pairs.queries()).hasSize(10);
    assertThat(pairs.documents()).hasSize(10);
    assertThat(read(DetokenizeBody::read, "{'tokens': [" + "1,".repeat(29) + "1]}").tokens())
        .hasSize(30);
    String parts = "{'type': 'text', 'text': 'a'},".repeat(19) + "{'type': 'text', 'text': 'a'}";
    RerankBody body =
        read(RerankBody::read, "{'query': {'content': [%s]}, 'documents': 'a'}".formatted(parts));
    assertThat(body.query().texts()).hasSize(20);
  }

  @Test
  void whatIsReadTakesMemory() {
    AtomicLong taken = new AtomicLong();
    BodyLimits counted = new BodyLimits(RequestLimits.DEFAULT, taken::addAndGet);
    String documents = "'a',".repeat(9_999) + "'a'";
    byte[] body = json("{'query': 'q', 'documents': [" + documents + "]}");
    RerankBody read = RerankBody.read(Fields.parse(new ByteArrayInputStream(body), counted));
    assertThat(read.documents()).hasSize(10_000);
    assertThat(taken.get()).isBetween(800_000L, 1_100_000L);
    BodyLimits full =
        new BodyLimits(
            RequestLimits.DEFAULT,
            bytes -> {
              throw new OverloadedException("a test");
            });
    assertThatThrownBy(() -> RerankBody.read(Fields.parse(new ByteArrayInputStream(body), full)))
        .isInstanceOf(OverloadedException.class);
  }

  /** Strings whose hash is 0 are easily made; a map of them must not become a list. */
  @Test
  void queriesOfOneHashAreToldApartQuickly() {
    StringBuilder queries = new StringBuilder();
    int count = 1 << 14;
    for (int i = 0; i < count; i++) {
      StringBuilder query = new StringBuilder();
      for (int bit = 0; bit < 14; bit++) {
        query.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      queries.append(i == 0 ? "'" : ",'").append(query).append("'");
    }
    byte[] body = json("{'queries': [%s], 'documents': [%s]}".formatted(queries, queries));
    ScoreBody read =
        ScoreBody.read(
            Fields.parse(new ByteArrayInputStream(body), BodyLimits.of(RequestLimits.DEFAULT)));
    assertThat(read.queries()).extracting(Object::hashCode).containsOnly(read.query(0).hashCode());
    assertThat(read.groups(java.util.Map.of())).hasSize(count);
  }
}
