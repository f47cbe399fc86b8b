package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The playground's page for search in Chromium, on both demonstration models. */
class SearchPageTest extends PlaygroundHarness {
  private static LiveServer server;

  @BeforeAll
  static void start() {
    if (hasBrowser()) {
      server = LiveServer.demos();
    }
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  private void openPage() {
    open(server, "search-page");
  }

  private static void example(String name) {
    example("#search-examples", name);
  }

  private static void search() {
    click("#search");
    browser.await(IDLE);
  }

  @Test
  void bothStagesAreShown() {
    openPage();
    assertThat(text("#model")).startsWith("vectors, then demo");
    example("Mixed");
    write("#candidates", "4");
    search();
    assertThat(texts("#found > li")).hasSize(6);
    assertThat(browser.all("#found > .unranked")).hasSize(2);
    assertThat(text("#search-status")).isEqualTo("Searched 6 items.");
    assertThat(text("#search-report")).contains("6 items embedded now", "the nearest 4 of 6");
    JsonNode question = JsonMapper.shared().readTree(lastBody("/v2/embed"));
    assertThat(question.path("inputs")).hasSize(1);
    assertThat(question.path("instruction").stringValue())
        .isEqualTo("Retrieve images or text relevant to the user's query.");
    JsonNode ranked = JsonMapper.shared().readTree(lastBody("/v1/rerank/explain"));
    assertThat(ranked.path("documents")).hasSize(4);
    JsonNode results =
        server.postRaw("/v1/rerank/explain", lastBody("/v1/rerank/explain")).json().path("results");
    List<String> scores = texts("#found > li:not(.unranked) .score span:last-child");
    for (int i = 0; i < 4; i++) {
      assertThat(Double.parseDouble(scores.get(i)))
          .isEqualTo(Math.round(results.get(i).path("score").doubleValue() * 1e4) / 1e4);
    }
    List<Double> cosines =
        texts("#found > .unranked .meta").stream()
            .map(words -> Double.parseDouble(words.replaceFirst(".*cosine (\\S+) .*", "$1")))
            .toList();
    assertThat(cosines.get(0)).isGreaterThanOrEqualTo(cosines.get(1));
  }

  /** What is in the collection already has its vector. */
  @Test
  void anotherQuestionEmbedsTheQuestionAlone() {
    openPage();
    example("Images");
    search();
    assertThat(text("#found > li:first-child .words")).contains("red-circle.png");
    write("#search-query textarea", "a yellow triangle");
    assertThat(browser.find("#search-stale").isDisplayed()).isTrue();
    search();
    assertThat(text("#search-report")).contains("0 items embedded now");
    assertThat(text("#found > li:first-child .words")).contains("yellow-triangle.png");
  }

  @Test
  void whatIsMissingIsSaid() {
    openPage();
    search();
    assertThat(text("#search-error"))
        .contains("Write a question and put something into the collection.");
    assertThat(browser.all("#found > li")).isEmpty();
  }
}
