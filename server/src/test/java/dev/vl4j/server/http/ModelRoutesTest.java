package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.http.LiveServer.Answer;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Text to tokens and back; {@link ConformanceEndpointsTest} has what the server says of itself. */
class ModelRoutesTest {
  @AutoClose private static final LiveServer server = LiveServer.demo(LiveServer.options());

  @ParameterizedTest
  @ValueSource(
      strings = {
        "The capital of China is Beijing.",
        "<|im_start|>user\nä 日本 \uD83D\uDE00<|im_end|>",
        ""
      })
  void tokensAndBack(String prompt) {
    String body = tools.jackson.databind.json.JsonMapper.shared().writeValueAsString(prompt);
    JsonNode tokens =
        server.postRaw("/tokenize", "{\"prompt\":" + body + ",\"return_token_strs\":true}").json();
    assertThat(tokens.path("tokens").size()).isEqualTo(tokens.path("count").intValue());
    assertThat(tokens.path("token_strs").size()).isEqualTo(tokens.path("count").intValue());
    assertThat(tokens.path("max_model_len").intValue()).isPositive();
    JsonNode text =
        server.postRaw("/detokenize", "{\"tokens\":" + tokens.path("tokens") + "}").json();
    assertThat(text.path("prompt").stringValue()).isEqualTo(prompt);
  }

  @Test
  void controlTokensAreOneToken() {
    JsonNode tokens =
        server
            .post("/tokenize", "{'model':'demo','prompt':'<|im_start|>','return_token_strs':true}")
            .json();
    assertThat(tokens.path("token_strs").toString()).isEqualTo("[\"<|im_start|>\"]");
    assertThat(server.post("/tokenize", "{'prompt':'a'}").json().get("token_strs").isNull())
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/tokenize | {} | body.prompt | Field required",
        "/tokenize | {'prompt':1} | body.prompt | expected a string",
        "/tokenize | {'messages':[],'prompt':''} | body.messages | no message has the role query",
        "/detokenize | {} | body.tokens | Field required",
        "/detokenize | {'tokens':1} | body.tokens | expected a list of integers",
        "/detokenize | {'tokens':[1,'x']} | body.tokens.1 | expected an integer",
        "/detokenize | {'tokens':[1,-1]} | | there is no token -1",
        "/detokenize | {'tokens':[2000000000]} | | there is no token 2000000000",
      })
  void refusals(String path, String body, String param, String message) {
    Answer answer = server.post(path, body);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.error().path("message").stringValue()).contains(message);
    assertThat(answer.error().path("param").stringValue(null)).isEqualTo(param);
  }
}
