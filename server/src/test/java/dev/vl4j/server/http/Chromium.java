package dev.vl4j.server.http;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A Chromium without a window, which reaches no machine but this one. */
final class Chromium implements AutoCloseable {
  private static final List<String> BROWSERS =
      List.of(
          "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "Google Chrome");
  private static final List<String> DRIVERS = List.of("chromedriver", "chromium.chromedriver");
  private static final List<String> USUAL_PLACES =
      List.of(
          "/usr/bin",
          "/usr/local/bin",
          "/usr/lib/chromium",
          "/usr/lib/chromium-browser",
          "/snap/bin",
          "/opt/homebrew/bin",
          "/opt/google/chrome",
          "/Applications/Google Chrome.app/Contents/MacOS",
          "/Applications/Chromium.app/Contents/MacOS");

  /** Complains that it does not know this version; held, or it would forget its level. */
  private static final Logger NO_DEVTOOLS = Logger.getLogger("org.openqa.selenium.devtools");

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long POLL_NANOS = 5_000_000;

  /** A request that a page has sent. */
  record Sent(String url, String body) {}

  private final ChromeDriver driver;

  private Chromium(ChromeDriver driver) {
    this.driver = driver;
  }

  /** What is missing on this machine to start one; nothing if all is there. */
  static Optional<String> missing() {
    if (find(BROWSERS).isPresent() && find(DRIVERS).isPresent()) {
      return Optional.empty();
    }
    return Optional.of(
        ("The playground is not tested in a browser: there is no %s on the PATH or in the usual"
                + " places. Install Chromium or Chrome, and chromedriver of the same version"
                + " (Debian: apt install chromium chromium-driver).")
            .formatted(find(BROWSERS).isPresent() ? "chromedriver" : "Chromium or Chrome"));
  }

  /** Starts the one that is there. */
  static Chromium open() {
    NO_DEVTOOLS.setLevel(Level.SEVERE);
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    logs.enable(LogType.PERFORMANCE, Level.ALL);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(find(BROWSERS).orElseThrow().toFile());
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1");
    options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
    // With its path given, nothing is looked for or downloaded.
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(find(DRIVERS).orElseThrow().toFile())
            .usingAnyFreePort()
            .build();
    return new Chromium(new ChromeDriver(service, options));
  }

  private static Optional<Path> find(List<String> names) {
    return Stream.concat(
            Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)),
            USUAL_PLACES.stream())
        .flatMap(folder -> names.stream().map(name -> Path.of(folder, name)))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }

  void load(String url) {
    driver.get(url);
  }

  WebElement find(String css) {
    return driver.findElement(By.cssSelector(css));
  }

  List<WebElement> all(String css) {
    return driver.findElements(By.cssSelector(css));
  }

  /** Waits for an expression of JavaScript to be true. */
  void await(String expression) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!Boolean.TRUE.equals(run("return Boolean(" + expression + ")"))) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not true within " + PATIENCE + ": " + expression);
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  Object run(String script, Object... arguments) {
    return driver.executeScript(script, arguments);
  }

  /** Lets go of a file, or pastes it, over an element; {@code event} is drop or paste. */
  void bring(String event, String css, String name, byte[] content) {
    run(
        """
        const [type, css, name, base64] = arguments;
        const bytes = Uint8Array.from(atob(base64), c => c.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], name));
        const how = {bubbles: true, cancelable: true};
        document.querySelector(css).dispatchEvent(
          type === 'drop'
            ? new DragEvent('drop', {...how, dataTransfer: data})
            : new ClipboardEvent('paste', {...how, clipboardData: data}));
        """,
        event,
        css,
        name,
        Base64.getEncoder().encodeToString(content));
  }

  /** Has the page laid out for a screen of this size, light or dark. */
  void screen(int width, int height, String scheme) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  void screenshot(Path file) {
    Map<String, Object> shot =
        driver.executeCdpCommand("Page.captureScreenshot", Map.of("format", "png"));
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.write(file, Base64.getDecoder().decode((String) shot.get("data")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the console has shown since this was last asked, from warnings on. */
  List<String> complaints() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
        .map(entry -> entry.getMessage())
        .toList();
  }

  /** What pages have sent since this was last asked. */
  List<Sent> sent() {
    List<Sent> sent = new ArrayList<>();
    driver
        .manage()
        .logs()
        .get(LogType.PERFORMANCE)
        .forEach(entry -> {
          JsonNode event = JsonMapper.shared().readTree(entry.getMessage()).path("message");
          if (event.path("method").stringValue().equals("Network.requestWillBeSent")) {
            JsonNode request = event.path("params").path("request");
            sent.add(
                new Sent(request.path("url").stringValue(), request.path("postData").asString("")));
          }
        });
    return sent;
  }

  @Override
  public void close() {
    driver.quit();
  }
}
