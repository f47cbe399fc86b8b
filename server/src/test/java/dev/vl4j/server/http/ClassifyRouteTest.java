package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.server.http.LiveServer.Answer;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code /classify}: prompts that the client has formatted. */
class ClassifyRouteTest {
  @AutoClose private static final LiveServer server = LiveServer.demo(LiveServer.options());

  @Test
  void aFormattedPromptScoresLikeItsDocument() {
    RerankRequest request =
        RerankRequest.of(
            Content.text("What is gravity?"),
            List.of(Content.text("Gravity is a force."), Content.text("Bees make honey.")));
    String first;
    String second;
    List<RankedDocument> expected;
    try (Reranker reranker = Reranker.openDemo()) {
      expected = reranker.rerank(request);
      first = JsonMapper.shared().writeValueAsString(reranker.renderPrompt(request, 0));
      second = JsonMapper.shared().writeValueAsString(reranker.renderPrompt(request, 1));
    }
    assertThat(expected.getFirst().index()).isZero();
    JsonNode root =
        server.postRaw("/classify", "{\"input\":[" + second + "," + first + "]}").json();
    JsonNode data = root.path("data");
    assertThat(data.get(0).path("probs").get(0).doubleValue())
        .isEqualTo(expected.getLast().score());
    assertThat(data.get(1).path("probs").get(0).doubleValue())
        .isEqualTo(expected.getFirst().score());
    assertThat(root.path("usage").path("prompt_tokens").intValue())
        .isEqualTo(expected.stream().mapToInt(RankedDocument::promptTokens).sum());

    JsonNode ids = server.postRaw("/tokenize", "{\"prompt\":" + first + "}").json().path("tokens");
    JsonNode one = server.postRaw("/classify", "{\"input\":" + ids + "}").json();
    assertThat(one.path("data").get(0).path("probs").get(0).doubleValue())
        .isEqualTo(expected.getFirst().score());
    JsonNode logit =
        server.postRaw("/classify", "{\"input\":[" + ids + "],\"use_activation\":false}").json();
    assertThat(logit.path("data").get(0).path("probs").get(0).doubleValue())
        .isCloseTo(expected.getFirst().logit(), within(0.0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | Field required",
        "{'input':7} | expected a string",
        "{'input':[]} | at least one prompt",
        "{'input':[[]]} | it has no tokens",
        "{'input':''} | it has no tokens",
        "{'input':[1,'a']} | expected an integer",
        "{'input':[99999999]} | there is no token 99999999",
        "{'messages':7} | expected a list of messages",
        "{'messages':[7]} | expected an object",
        "{'messages':[{'role':'user','content':'a'}]} | roles system, query and document, not user",
        "{'messages':[{'role':'query','content':'a'}]} | no message has the role document",
        "{'messages':[{'role':'query'},{'role':'document','content':'a'}]} | Field required",
        "{'messages':[],'continue_final_message':true} | no open message",
        "{'messages':[],'media_io_kwargs':{'image':{}}} | not supported",
      })
  void refusals(String body, String message) {
    Answer answer = server.post("/classify", body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.error().path("message").stringValue()).contains(message);
  }

  @Test
  void aChatIsAQueryAndADocument() {
    String chat =
        """
        {'messages':[{'role':'system','content':'Find causes.'},
          {'role':'query','content':'What is gravity?'},
          {'role':'document','content':[{'type':'text','text':'Gravity is a'},
            {'type':'text','text':'force.'}]}]%s}
        """;
    JsonNode rerank =
        server
            .post(
                "/v1/rerank",
                "{'query':'What is gravity?','documents':['Gravity is a\\nforce.'],"
                    + "'instruction':'Find causes.'}")
            .json();
    double score = rerank.path("results").get(0).path("relevance_score").doubleValue();
    JsonNode classified = server.post("/classify", chat.formatted("")).json();
    assertThat(classified.path("data").get(0).path("probs").get(0).doubleValue()).isEqualTo(score);
    int tokens = classified.path("usage").path("prompt_tokens").intValue();
    assertThat(tokens).isEqualTo(rerank.path("usage").path("prompt_tokens").intValue());
    JsonNode tokenized = server.post("/tokenize", chat.formatted("")).json();
    assertThat(tokenized.path("count").intValue()).isEqualTo(tokens);
    JsonNode byIds =
        server.postRaw("/classify", "{\"input\":" + tokenized.path("tokens") + "}").json();
    assertThat(byIds.path("data").get(0).path("probs").get(0).doubleValue()).isEqualTo(score);
    JsonNode other =
        server
            .post("/classify", chat.formatted(",'chat_template_kwargs':{'instruction':'Other.'}"))
            .json();
    assertThat(other.path("data").get(0).path("probs").get(0).doubleValue()).isNotEqualTo(score);
  }

  @Test
  void picturesHaveNoPlaceInPrompts() {
    Answer answer = server.post("/classify", "{'input':['a','<|image_pad|>']}");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.error().path("message").stringValue())
        .contains("no images or videos come with it");
  }
}
