package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The playground's page for embeddings in Chromium, on the demonstration model and a small random
 * embedder. Pictures of the page are left in {@code target}; {@code docs/playground-embeddings.png}
 * is one of them, written where the system property {@code vl4j.screenshot.embeddings} says.
 */
class EmbeddingsPageTest extends PlaygroundHarness {
  private static LiveServer server;

  @BeforeAll
  static void start() {
    if (hasBrowser()) {
      server = LiveServer.embedder(LiveServer.builder(), true);
    }
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  private void openPage() {
    open(server, "embed-page");
  }

  private static void example(String name) {
    example("#embed-examples", name);
  }

  private static void embed() {
    click("#embed");
    browser.await(IDLE);
  }

  /** Vectors that the API has for what the page has sent, [inputs][dimensions]. */
  private double[][] vectors() {
    JsonNode rows =
        server.postRaw("/v2/embed", lastBody("/v2/embed")).json().path("embeddings").path("float");
    double[][] vectors = new double[rows.size()][];
    for (int i = 0; i < vectors.length; i++) {
      vectors[i] = rows.get(i).valueStream().mapToDouble(JsonNode::doubleValue).toArray();
    }
    return vectors;
  }

  private static double product(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  @Test
  void aMatrixOfCosinesAndAMap() {
    openPage();
    assertThat(text("#model")).startsWith("vectors · up to ");
    example("Mixed");
    assertThat(text("#input-count")).isEqualTo("7");
    embed();
    double[][] vectors = vectors();
    assertThat(vectors).hasDimensions(7, 36);
    List<String> expected = new ArrayList<>();
    for (double[] one : vectors) {
      for (double[] other : vectors) {
        expected.add(
            String.format(Locale.ROOT, "%.4f", product(one, other))
                .replaceFirst("^-0.0000$", "0.0000"));
      }
    }
    List<String> found =
        browser.all("#matrix tbody td").stream()
            .map(cell -> cell.getDomAttribute("title"))
            .toList();
    assertThat(found).hasSize(49);
    for (int i = 0; i < 49; i++) {
      assertThat(Double.parseDouble(found.get(i)))
          .isCloseTo(Double.parseDouble(expected.get(i)), offset(1.01e-4));
    }
    assertThat(texts("#matrix thead b")).containsExactly("1", "2", "3", "4", "5", "6", "7");
    assertThat(browser.all("#matrix .itself")).hasSize(7);
    assertThat(browser.all("#matrix .nearest")).hasSizeGreaterThanOrEqualTo(7);
    assertThat(browser.all("#map > li")).hasSize(7);
    assertThat(browser.all("#map img")).hasSize(4);
    assertThat(text("#map-share")).matches("The plane of .* has \\d+ % of the variance\\.");
    assertThat(text("#embed-status")).isEqualTo("Embedded 7 inputs.");
    assertThat(text("#embed-facts")).contains("Modelvectors", "Vectors7 × 36 dimensions");
  }

  @Test
  void fewerDimensionsAndAnInstruction() {
    openPage();
    write("#inputs li:first-child textarea", "a red circle");
    write("#embed-instruction", "Find animals");
    write("#dimensions", "5");
    embed();
    JsonNode body = JsonMapper.shared().readTree(lastBody("/v2/embed"));
    assertThat(body.path("output_dimension").intValue()).isEqualTo(5);
    assertThat(body.path("instruction").stringValue()).isEqualTo("Find animals");
    assertThat(body.path("model").stringValue()).isEqualTo("vectors");
    assertThat(texts("#matrix tbody td")).containsExactly("1.00");
    assertThat(browser.find("#heat").isDisplayed()).isFalse();
    assertThat(browser.find("#embed-stale").isDisplayed()).isFalse();
    write("#dimensions", "99");
    assertThat(browser.find("#embed-stale").isDisplayed()).isTrue();
    embed();
    assertThat(text("#embed-error")).contains("expected 1 to 36, found 99");
    assertThat(browser.find("#dimensions").getDomAttribute("aria-invalid")).isEqualTo("true");
    assertThat(browser.find("#similarities").isDisplayed()).isFalse();
  }

  @Test
  void picturesArePickedDroppedAndPasted() throws IOException {
    openPage();
    byte[] blue = png(new Color(0x2654D6));
    Path file = Files.write(folder.resolve("blue.png"), blue);
    browser.find("#embed-files").sendKeys(file.toString());
    browser.await("document.querySelectorAll('#inputs img').length === 1");
    browser.bring("drop", "body", "dropped.png", blue);
    browser.await("document.querySelectorAll('#inputs img').length === 2");
    browser.bring("paste", "body", "pasted.png", blue);
    browser.await("document.querySelectorAll('#inputs img').length === 3");
    assertThat(browser.all("#documents img")).isEmpty();
    browser.bring("drop", "body", "broken.png", new byte[] {1, 2, 3});
    browser.await("document.querySelectorAll('#inputs li.faulty, #inputs > li').length === 6");
    embed();
    assertThat(text("#embed-error")).contains("input 6, image 1");
    assertThat(browser.all("#inputs .faulty")).hasSize(1);
    click("#inputs > li:last-child [data-label='Remove']");
    embed();
    assertThat(texts("#matrix tbody td")).hasSize(9).containsOnly("1.00", "1.00\n, the nearest");
    assertThat(text("#map-share")).contains("has 0 % of the variance");
  }

  /** Points of a plane keep their distances, and the side of an axis does not depend on chance. */
  @Test
  void theMapIsOfPrincipalComponents() {
    openPage();
    String points =
        (String)
            browser.run(
                """
                const {principalPlane} = await import('/playground/similarity.js');
                const flat = [[3, 1], [0, 0], [-1, 2], [4, -2], [5, 5]];
                const turned = flat.map(([x, y]) => [0.6 * x + 7, 0.8 * x - 1, y]);
                const plane = principalPlane(turned);
                const mirrored = principalPlane(turned.map(row => row.map(value => -value)));
                const far = [10, 0, 0, -1, -2, -3, -4].map(x => [x, 0, 0, 0]);
                return JSON.stringify({
                  flat, points: plane.points, share: plane.share, mirrored: mirrored.points,
                  line: principalPlane(far).points, none: principalPlane([[1, 2], [1, 2]]),
                });
                """);
    JsonNode found = JsonMapper.shared().readTree(points);
    JsonNode flat = found.path("flat");
    JsonNode plane = found.path("points");
    for (int i = 0; i < 5; i++) {
      for (int j = 0; j < 5; j++) {
        assertThat(distance(plane.get(i), plane.get(j)))
            .isCloseTo(distance(flat.get(i), flat.get(j)), offset(1e-9));
      }
      for (int axis = 0; axis < 2; axis++) {
        assertThat(found.path("mirrored").get(i).get(axis).doubleValue())
            .as("a mirrored cloud is turned the same way")
            .isCloseTo(plane.get(i).get(axis).doubleValue(), offset(1e-9));
      }
    }
    assertThat(found.path("share").doubleValue()).isCloseTo(1, offset(1e-9));
    double[] line = {10, 0, 0, -1, -2, -3, -4};
    for (int i = 0; i < line.length; i++) {
      assertThat(found.path("line").get(i).get(0).doubleValue()).isCloseTo(line[i], offset(1e-9));
      assertThat(found.path("line").get(i).get(1).doubleValue()).isZero();
    }
    assertThat(found.path("none").toString()).isEqualTo("{\"points\":[[0,0],[0,0]],\"share\":0}");
  }

  private static double distance(JsonNode a, JsonNode b) {
    return Math.hypot(
        a.get(0).doubleValue() - b.get(0).doubleValue(),
        a.get(1).doubleValue() - b.get(1).doubleValue());
  }

  @Test
  void aRerankerAloneHasNoPageForEmbeddings() {
    try (LiveServer reranker = LiveServer.demo(LiveServer.options())) {
      open(reranker);
      browser.load(reranker.uri("/#embed-page").toString());
      browser.await("document.getElementById('model').textContent.startsWith('demo')");
      assertThat(browser.find("#pages").isDisplayed()).isFalse();
      assertThat(browser.find("#rank-page").isDisplayed()).isTrue();
      assertThat(browser.find("#embed-page").isDisplayed()).isFalse();
    }
  }

  @Test
  void anEmbedderAloneHasNoPageForRankings() {
    try (LiveServer embedder = LiveServer.embedder(LiveServer.builder(), false)) {
      open(embedder);
      browser.await("!document.getElementById('embed-page').hidden");
      assertThat(browser.find("#pages").isDisplayed()).isFalse();
      assertThat(browser.find("#rank-page").isDisplayed()).isFalse();
      assertThat(text("#model")).startsWith("demo · up to ");
      write("#inputs textarea", "a");
      embed();
      assertThat(texts("#matrix tbody td")).containsExactly("1.00");
    }
  }

  @Test
  void theRequestIsCopiedAsCurl() {
    openPage();
    example("Mixed");
    click("#embed-curl");
    browser.await("document.getElementById('embed-status').textContent === 'Copied.'");
    click("#embed-clear");
    browser.find("#inputs textarea").sendKeys(Keys.chord(Keys.CONTROL, "v"));
    String command = browser.find("#inputs textarea").getDomProperty("value");
    assertThat(command).startsWith("curl '" + server.uri("/v2/embed") + "' \\\n");
    String body = command.substring(command.indexOf("'END'\n") + 6, command.length() - 4);
    LiveServer.Answer answer = server.postRaw("/v2/embed", body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
  }

  @Test
  void itLooksWellInLightAndDarkAndOnAPhone() {
    openPage();
    example("Mixed");
    embed();
    click("#embed-results-title");
    browser.screen(1280, 1250, "light");
    browser.screenshot(Path.of("target/embeddings-light.png"));
    String wanted = System.getProperty("vl4j.screenshot.embeddings");
    if (wanted != null) {
      browser.screenshot(Path.of(wanted));
    }
    browser.screen(1280, 1250, "dark");
    browser.screenshot(Path.of("target/embeddings-dark.png"));
    browser.screen(390, 844, "light");
    browser.run("document.getElementById('embed-results').scrollIntoView()");
    browser.screenshot(Path.of("target/embeddings-narrow.png"));
    assertThat(browser.run("return document.documentElement.scrollWidth <= innerWidth"))
        .isEqualTo(true);
    assertThat(
            browser.run(
                """
                const frame = document.getElementById('map').getBoundingClientRect();
                return [...document.querySelectorAll('#map .mark')].every(mark => {
                  const box = mark.getBoundingClientRect();
                  return box.top >= frame.top && box.bottom <= frame.bottom
                    && box.left >= frame.left && box.right <= frame.right;
                });
                """))
        .as("marks are within the map")
        .isEqualTo(true);
  }
}
