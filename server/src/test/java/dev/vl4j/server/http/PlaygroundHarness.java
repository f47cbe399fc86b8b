package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.WebElement;

/** A browser that looks at the playground, and what its tests have in common. */
abstract class PlaygroundHarness {
  static final String IDLE = "document.querySelector('.busy') === null";

  static Chromium browser;

  /** Requests of the page under test, from the browser's own record. */
  private final List<Chromium.Sent> sent = new ArrayList<>();

  /** Of the server that the page came from, with a slash at the end. */
  private String origin = "";

  @TempDir Path folder;

  @BeforeAll
  static void openBrowser() {
    Optional<String> missing = Chromium.missing();
    missing.ifPresent(System.err::println);
    if (missing.isEmpty()) {
      browser = Chromium.open();
    }
  }

  static boolean hasBrowser() {
    return browser != null;
  }

  /** For each test, as a class whose beginning is skipped is reported as having none. */
  @BeforeEach
  void skipWithoutBrowser() {
    assumeTrue(browser != null, Chromium.missing().orElse("the browser did not start"));
  }

  @AfterAll
  static void closeBrowser() {
    if (browser != null) {
      browser.close();
      browser = null;
    }
  }

  void open(LiveServer at) {
    origin = at.uri("/").toString();
    browser.screen(1280, 1000, "light");
    browser.load(origin);
    browser.await("document.getElementById('model').textContent !== '…'");
  }

  /** Nothing goes to anybody else, and the console stays quiet but for refusals of the API. */
  @AfterEach
  void onlyThisServerIsAskedAndNothingIsComplainedOf() {
    if (browser == null) {
      return;
    }
    sent.addAll(browser.sent());
    assertThat(sent).extracting(Chromium.Sent::url).anyMatch(url -> url.equals(origin));
    assertThat(sent)
        .extracting(Chromium.Sent::url)
        .allMatch(url -> url.startsWith(origin) || url.startsWith("data:"));
    assertThat(browser.complaints())
        .allMatch(line ->
            line.matches(
                Pattern.quote(origin) + "v[12]/.*the server responded with a status of 40[01] .*"));
  }

  /** The same with one of the pages that are there where two models are served. */
  void open(LiveServer at, String page) {
    open(at);
    browser.await("!document.getElementById('pages').hidden");
    click("#pages a[href='#%s']".formatted(page));
    browser.await("!document.getElementById('%s').hidden".formatted(page));
  }

  /** Presses the button of an example among some. */
  static void example(String css, String name) {
    browser.all(css + " button").stream()
        .filter(button -> button.getText().equals(name))
        .findFirst()
        .orElseThrow()
        .click();
  }

  static List<String> texts(String css) {
    return browser.all(css).stream().map(WebElement::getText).toList();
  }

  static void click(String css) {
    browser.find(css).click();
  }

  static void write(String css, String text) {
    WebElement field = browser.find(css);
    field.clear();
    field.sendKeys(text);
  }

  /** The body that the page last sent to a path. */
  String lastBody(String path) {
    sent.addAll(browser.sent());
    return sent.stream().filter(request -> request.url().endsWith(path)).toList().getLast().body();
  }

  static String text(String css) {
    return (String) browser.run("return document.querySelector(arguments[0]).textContent", css);
  }

  static byte[] png(Color colour) throws IOException {
    BufferedImage image = new BufferedImage(96, 96, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = image.createGraphics();
    pen.setColor(new Color(0xFAFAFA));
    pen.fillRect(0, 0, 96, 96);
    pen.setColor(colour);
    pen.fillRect(16, 16, 64, 64);
    pen.dispose();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }
}
