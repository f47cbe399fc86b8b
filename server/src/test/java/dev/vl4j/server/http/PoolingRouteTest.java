package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.http.LiveServer.Answer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** {@code /pooling}: what a reranker makes of a prompt is one number. */
class PoolingRouteTest {
  @AutoClose private static final LiveServer server = LiveServer.demo(LiveServer.options());

  @Test
  void theNumbersOfClassify() {
    JsonNode classified = server.post("/classify", "{'input':['a b','c']}").json();
    JsonNode root =
        server.post("/pooling", "{'input':['a b','c'],'task':'classify','model':'demo'}").json();
    assertThat(root.propertyNames())
        .containsExactly("id", "object", "created", "model", "data", "usage");
    assertThat(root.path("id").stringValue()).startsWith("pool-");
    assertThat(root.path("object").stringValue()).isEqualTo("list");
    assertThat(root.path("usage")).isEqualTo(classified.path("usage"));
    for (int i = 0; i < 2; i++) {
      JsonNode one = root.path("data").get(i);
      assertThat(one.propertyNames()).containsExactly("index", "object", "data");
      assertThat(one.path("index").intValue()).isEqualTo(i);
      assertThat(one.path("object").stringValue()).isEqualTo("pooling");
      assertThat(one.path("data")).isEqualTo(classified.path("data").get(i).path("probs"));
    }
  }

  @Test
  void base64IsLittleEndianFloat32() {
    JsonNode plain = server.post("/pooling", "{'input':'a','use_activation':false}").json();
    JsonNode encoded =
        server
            .post("/pooling", "{'input':'a','use_activation':false,'encoding_format':'base64'}")
            .json();
    byte[] bytes =
        Base64.getDecoder().decode(encoded.path("data").get(0).path("data").stringValue());
    assertThat(bytes).hasSize(4);
    assertThat(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getFloat())
        .isEqualTo((float) plain.path("data").get(0).path("data").get(0).doubleValue());
  }

  @Test
  void aChat() {
    String chat = "{'messages':[{'role':'query','content':'a'},{'role':'document','content':'b'}]}";
    JsonNode pooled = server.post("/pooling", chat).json();
    assertThat(pooled.path("data").get(0).path("data"))
        .isEqualTo(server.post("/classify", chat).json().path("data").get(0).path("probs"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | body.input | Field required",
        "{'input':'a','task':'embed'} | body.task | classify and score, not embed",
        "{'input':'a','task':'token_classify'} | body.task | classify and score",
        "{'input':'a','dimensions':8} | body.dimensions | has one",
        "{'input':'a','encoding_format':'bytes'} | body.encoding_format | float or base64",
        "{'input':'a','embed_dtype':'float16'} | body.embed_dtype | expected float32",
        "{'input':'a','endianness':'big'} | body.endianness | native or little",
      })
  void refusals(String body, String param, String message) {
    Answer answer = server.post("/pooling", body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.error().path("message").stringValue()).contains(message);
    assertThat(answer.error().path("param").stringValue()).isEqualTo(param);
  }
}
