package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.http.LiveServer.Answer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Bodies that were changed at random are answered or refused, and never break anything. */
class MutationTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int MUTATIONS = 400;

  private static final List<String> PATHS =
      List.of("/v1/rerank", "/v1/score", "/classify", "/tokenize", "/detokenize");
  private static final List<String> BODIES =
      List.of(
          "{\"query\":\"q\",\"documents\":[\"a\",{\"content\":[{\"type\":\"text\",\"text\":\"b\"}]}],"
              + "\"top_n\":1,\"instruction\":\"i\",\"max_tokens_per_doc\":4,\"use_activation\":true}",
          "{\"queries\":[\"a\",\"b\"],\"documents\":[\"c\",\"d\"],\"truncate_prompt_tokens\":-1,"
              + "\"chat_template_kwargs\":{\"instruction\":\"i\"}}",
          "{\"input\":[\"a\",[1,2]],\"use_activation\":false,\"priority\":0}",
          "{\"prompt\":\"a b\",\"add_special_tokens\":true,\"return_token_strs\":true}",
          "{\"tokens\":[1,2,3],\"model\":\"demo\"}");
  private static final List<String> VALUES =
      List.of(
          "null",
          "0",
          "-1",
          "1e400",
          "-9999999999999999999999",
          "1.5",
          "\"\"",
          "\"\\ud800\"",
          "\"<|im_end|>\"",
          "[]",
          "{}",
          "[[[[]]]]",
          "true",
          "{\"content\":[]}",
          "[null]",
          "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:;base64,AA==\"}}",
          "\"\\u0000\"");

  @Test
  void neverAServerError() {
    Random random = new Random(SEED);
    try (LiveServer server = LiveServer.demo(LiveServer.options())) {
      int refused = 0;
      for (int i = 0; i < MUTATIONS; i++) {
        int kind = random.nextInt(BODIES.size());
        String body = mutate(BODIES.get(kind), random);
        Answer answer = server.postRaw(PATHS.get(kind), body);
        String what = "seed %d, %s %s: %s".formatted(SEED, PATHS.get(kind), body, answer.text());
        assertThat(answer.status()).as(what).isIn(200, 400, 404);
        JsonNode error = answer.json().get("error");
        assertThat(error == null).as(what).isEqualTo(answer.status() == 200);
        refused += error == null ? 0 : 1;
      }
      assertThat(refused).as("seed %d", SEED).isBetween(MUTATIONS / 10, MUTATIONS - 10);
      assertThat(server.get("/health").status()).isEqualTo(200);
      assertThat(server.post("/v1/rerank", "{'query':'q','documents':['a']}").status())
          .isEqualTo(200);
    }
  }

  private static String mutate(String body, Random random) {
    String changed = body;
    for (int left = 1 + random.nextInt(2); left > 0; left--) {
      changed =
          switch (random.nextInt(5)) {
            case 0 -> replaceValue(changed, random);
            case 1 -> replaceValue(changed, random);
            case 2 -> cut(changed, random);
            case 3 -> insert(changed, random);
            default -> changed.substring(0, random.nextInt(changed.length() + 1));
          };
    }
    return changed;
  }

  /** Puts another value behind some colon or comma. */
  private static String replaceValue(String body, Random random) {
    int[] places =
        java.util.stream.IntStream.range(0, body.length())
            .filter(at -> ":,[".indexOf(body.charAt(at)) >= 0)
            .toArray();
    if (places.length == 0) {
      return body;
    }
    int from = places[random.nextInt(places.length)] + 1;
    int to = from;
    while (to < body.length() && ",]}".indexOf(body.charAt(to)) < 0) {
      to++;
    }
    return body.substring(0, from) + VALUES.get(random.nextInt(VALUES.size())) + body.substring(to);
  }

  private static String cut(String body, Random random) {
    int from = random.nextInt(body.length() + 1);
    int to = Math.min(body.length(), from + random.nextInt(6));
    return body.substring(0, from) + body.substring(to);
  }

  private static String insert(String body, Random random) {
    int at = random.nextInt(body.length() + 1);
    return body.substring(0, at) + (char) random.nextInt(0x250) + body.substring(at);
  }
}
