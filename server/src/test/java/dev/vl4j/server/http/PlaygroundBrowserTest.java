package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.http.LiveServer.Answer;
import java.awt.Color;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import tools.jackson.databind.JsonNode;

/**
 * The playground in Chromium, on the demonstration model.
 *
 * <p>Pictures of the page are left in {@code target}. {@code docs/playground.png} is one of them:
 * it is written where the system property {@code vl4j.screenshot} says.
 */
class PlaygroundBrowserTest extends PlaygroundHarness {
  private static final List<String> EXAMPLES =
      List.of("Texts", "Images", "Image as query", "Mixed");

  private static LiveServer server;

  @BeforeAll
  static void start() {
    if (hasBrowser()) {
      server = LiveServer.demo(LiveServer.options());
    }
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  private static void example(String name) {
    browser.all("#examples button").stream()
        .filter(button -> button.getText().equals(name))
        .findFirst()
        .orElseThrow()
        .click();
  }

  private static void rank() {
    click("#rank");
    browser.await(IDLE);
  }

  /** What is shown of this kind in each row of the ranking. */
  private static List<String> rows(String css) {
    return browser.all("#ranking > li " + css).stream().map(WebElement::getText).toList();
  }

  private static List<Integer> order() {
    return browser.all("#ranking > li").stream()
        .map(row -> Integer.valueOf(row.getDomAttribute("data-index")))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Texts", "Images", "Image as query", "Mixed"})
  void examplesAreRankedAsTheApiRanksThem(String name) {
    open(server);
    assertThat(browser.all("#examples button")).extracting(WebElement::getText).isEqualTo(EXAMPLES);
    example(name);
    rank();
    Answer answer = server.postRaw("/v1/rerank", lastBody("/v1/rerank/explain"));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    List<Integer> expected = new ArrayList<>();
    List<String> scores = new ArrayList<>();
    for (JsonNode result : answer.json().path("results").values()) {
      expected.add(result.path("index").intValue());
      double score = result.path("relevance_score").doubleValue();
      scores.add(String.format(Locale.ROOT, "%.4f", score));
    }
    assertThat(expected).hasSizeGreaterThan(2);
    assertThat(order()).isEqualTo(expected);
    assertThat(rows(".as-score")).isEqualTo(scores);
    assertThat(answer.json().path("results").get(0).path("relevance_score").doubleValue())
        .isGreaterThan(0.5);
    assertThat(text("#status")).isEqualTo("Ranked %d documents.".formatted(expected.size()));
  }

  @Test
  void logitsCountsPromptsAndTimings() {
    open(server);
    assertThat(text("#model")).isEqualTo("demo · up to 8,192 tokens");
    example("Mixed");
    click("#scale label:last-child");
    rank();
    String body = lastBody("/v1/rerank/explain");
    assertThat(body).contains("\"use_activation\":false");
    JsonNode first = server.postRaw("/v1/rerank/explain", body).json().path("results").get(0);
    String logit = String.format(Locale.ROOT, "%+.3f", first.path("logit").doubleValue());
    assertThat(rows(".as-logit").getFirst().replace('−', '-')).isEqualTo(logit);
    assertThat(rows(".as-score").getFirst()).isEmpty();
    assertThat(rows(".meta").getFirst())
        .endsWith(" · %d tokens".formatted(first.path("prompt_tokens").intValue()));
    assertThat(text(".facts")).contains("Modeldemo", "Precision", "Images4, ");
    assertThat(browser.all(".stages dd"))
        .hasSize(6)
        .allMatch(time -> time.getText().matches("[0-9.]+ m?s"));
    WebElement prompt = browser.find("#ranking pre");
    assertThat(prompt.isDisplayed()).isFalse();
    click("#ranking summary");
    assertThat(prompt.isDisplayed()).isTrue();
    assertThat(text("#ranking pre")).isEqualTo(first.path("prompt").stringValue());
    assertThat(text("#ranking pre .control")).isEqualTo("<|im_start|>");
  }

  @Test
  void picturesArePickedDroppedAndPasted() throws IOException {
    open(server);
    byte[] blue = png(new Color(0x2654D6));
    byte[] green = png(new Color(0x2EA043));
    Path file = Files.write(folder.resolve("blue.png"), blue);
    Path other = Files.write(folder.resolve("green.png"), green);
    write("#query textarea", "a blue square");
    // The two blank documents do not count.
    browser.find("#files").sendKeys(file + "\n" + other);
    browser.await("document.querySelectorAll('#documents li img').length === 2");
    browser.bring("drop", "body", "dropped.png", green);
    browser.await("document.querySelectorAll('#documents .thumbnails img').length === 3");
    browser.bring("drop", "#documents > li:first-child textarea", "joins.png", green);
    browser.await("document.querySelectorAll('#documents > li:first-child img').length === 1");
    browser.bring("paste", "body", "pasted.png", blue);
    browser.await("document.querySelectorAll('#documents > li').length === 6");
    browser.bring("paste", "#documents > li:nth-child(2) textarea", "pasted-into.png", blue);
    browser.await("document.querySelectorAll('#documents > li:nth-child(2) img').length === 1");
    assertThat(text("#count")).isEqualTo("6");
    browser.bring("drop", "body", "notes.txt", green);
    assertThat(text("#error")).contains("Only images can be dropped.");
    rank();
    assertThat(browser.find("#error").isDisplayed()).isFalse();
    assertThat(order()).hasSize(6);
    JsonNode best =
        server.postRaw("/v1/rerank", lastBody("/v1/rerank/explain")).json().path("results").get(0);
    assertThat(best.path("index").intValue()).isEqualTo(order().getFirst());
    assertThat(browser.find("#ranking img").getDomAttribute("alt"))
        .isIn("blue.png", "pasted.png", "pasted-into.png");
  }

  @Test
  void documentsMoveAndGo() {
    open(server);
    example("Texts");
    click("#documents > li:first-child [data-label='Move down']");
    assertThat((String) browser.run("return document.querySelector('#documents textarea').value"))
        .isEqualTo("The capital of Peru is Lima.");
    assertThat((String) browser.run("return document.activeElement.getAttribute('aria-label')"))
        .isEqualTo("Move down: document 2");
    click("#documents > li:first-child [data-label='Remove']");
    assertThat(text("#count")).isEqualTo("3");
    rank();
    assertThat(order()).containsExactly(2, 0, 1);
    assertThat(browser.find("#stale").isDisplayed()).isFalse();
    browser.find("#documents textarea").sendKeys("!");
    assertThat(browser.find("#stale").isDisplayed()).isTrue();
    browser.find("#documents textarea").sendKeys(Keys.chord(Keys.CONTROL, Keys.ENTER));
    browser.await("document.getElementById('stale').hidden");
    assertThat(order()).hasSize(3);
  }

  @Test
  void theApisErrorsAreShown() throws IOException {
    open(server);
    example("Texts");
    write("#max_tokens_per_doc", "-4");
    rank();
    assertThat(text("#error"))
        .contains("400 Bad Request", "1 validation error:")
        .contains("body.max_tokens_per_doc: expected 0 or more, found -4");
    assertThat(browser.find("#max_tokens_per_doc").getDomAttribute("aria-invalid"))
        .isEqualTo("true");
    assertThat(order()).isEmpty();
    write("#max_tokens_per_doc", "3");
    rank();
    assertThat(browser.find("#error").isDisplayed()).isFalse();
    assertThat(order()).hasSize(4);
    browser.bring("drop", "body", "broken.png", "no picture".getBytes(StandardCharsets.UTF_8));
    browser.await("document.querySelectorAll('#documents > li').length === 5");
    rank();
    String message =
        server
            .postRaw("/v1/rerank", lastBody("/v1/rerank/explain"))
            .error()
            .path("message")
            .stringValue();
    assertThat(message).startsWith("documents.4.content.0.image_url.url: ");
    assertThat(text("#error"))
        .contains(message.replaceFirst("^[^:]*", "document 5, image 1"))
        .doesNotContain("documents.4");
    assertThat(browser.all("#documents .faulty")).hasSize(1);
    assertThat(browser.find("#documents > li:nth-child(5) .card").getDomAttribute("class"))
        .contains("faulty");
  }

  @Test
  void textsAreNoMarkup() {
    open(server);
    String markup = "<img src=x onerror=\"document.title='owned'\"><script>alert(1)</script>";
    write("#query textarea", markup);
    write("#documents textarea", markup);
    rank();
    assertThat(rows(".text")).containsExactly(markup);
    assertThat(text("#ranking pre")).contains("<Query>:" + markup + "\n<Document>:" + markup);
    assertThat(browser.all("#results img, #results script")).isEmpty();
    assertThat(text("title")).isEqualTo("vl4j playground");
  }

  @Test
  void keysAreSentAndKeptForTheTab() {
    try (LiveServer guarded =
        LiveServer.demo(LiveServer.builder().apiKeys(List.of("secret")).build())) {
      open(guarded);
      assertThat(text("#model")).isEqualTo("An API key is needed");
      write("#key", "wrong" + Keys.ENTER);
      example("Texts");
      rank();
      assertThat(text("#error")).contains("401 Unauthorized", "API key");
      write("#key", "secret" + Keys.ENTER);
      browser.await("document.getElementById('model').textContent.startsWith('demo')");
      rank();
      assertThat(order()).hasSize(4);
      assertThat(browser.run("return [sessionStorage['vl4j.key'], localStorage.length].join()"))
          .isEqualTo("secret,0");
      open(guarded);
      assertThat(text("#model")).startsWith("demo");
    } finally {
      browser.run("sessionStorage.clear()");
    }
  }

  @Test
  @Timeout(60)
  void aRequestIsCancelled() throws InterruptedException {
    ScriptedReranker engine = new ScriptedReranker();
    try (LiveServer slow = LiveServer.of(engine)) {
      open(slow);
      example("Texts");
      click("#rank");
      browser.await("!document.getElementById('cancel').hidden");
      Waiting.until(() -> !engine.submitted.isEmpty());
      click("#cancel");
      browser.await(IDLE);
      assertThat(text("#status")).isEqualTo("Cancelled.");
      assertThat(browser.find("#cancel").isDisplayed()).isFalse();
      while (!engine.submitted.getFirst().isCancelled()) {
        Thread.sleep(5);
      }
    }
  }

  @Test
  void theRequestIsCopiedAsCurl() {
    open(server);
    example("Mixed");
    click("#curl");
    browser.await("document.getElementById('status').textContent === 'Copied.'");
    browser.find("#query textarea").clear();
    browser.find("#query textarea").sendKeys(Keys.chord(Keys.CONTROL, "v"));
    String command = browser.find("#query textarea").getDomProperty("value");
    assertThat(command)
        .startsWith("curl '" + server.uri("/v1/rerank") + "' \\\n  -H 'Content-Type: ")
        .endsWith("\nEND\n");
    String body = command.substring(command.indexOf("'END'\n") + 6, command.length() - 4);
    Answer answer = server.postRaw("/v1/rerank", body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.json().path("results").values()).hasSize(6);
  }

  @Test
  void itLooksWellInLightAndDarkAndOnAPhone() {
    open(server);
    example("Mixed");
    rank();
    rank(); // by compiled code
    click("#ranking summary");
    click("#results-title");
    browser.screen(1280, 1250, "light");
    browser.screenshot(Path.of("target/playground-light.png"));
    String wanted = System.getProperty("vl4j.screenshot");
    if (wanted != null) {
      browser.screenshot(Path.of(wanted));
    }
    browser.screen(1280, 1250, "dark");
    assertThat(browser.run("return getComputedStyle(document.body).backgroundColor"))
        .isEqualTo("rgb(14, 18, 23)");
    browser.screenshot(Path.of("target/playground-dark.png"));
    browser.screen(390, 844, "light");
    browser.run("document.getElementById('results').scrollIntoView()");
    browser.screenshot(Path.of("target/playground-narrow.png"));
    assertThat(browser.run("return document.documentElement.scrollWidth <= innerWidth"))
        .isEqualTo(true);
  }
}
