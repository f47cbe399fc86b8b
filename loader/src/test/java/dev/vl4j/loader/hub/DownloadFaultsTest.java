package dev.vl4j.loader.hub;

import static dev.vl4j.loader.hub.FakeHub.COMMIT;
import static dev.vl4j.loader.hub.FakeHub.MODEL;
import static dev.vl4j.loader.hub.FakeHub.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpExchange;
import dev.vl4j.loader.hub.FakeHub.Fault;
import dev.vl4j.loader.hub.FakeHub.Request;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a network and a server can do wrong, and that no wrong byte gets a name. */
class DownloadFaultsTest {
  private static final ModelId ID = ModelId.parse(MODEL);
  private static final String WEIGHTS = "model.safetensors";
  private static final Duration SHORT = Duration.ofMillis(300);

  @TempDir Path cache;
  private FakeHub server;
  private final Notes notes = new Notes();

  @BeforeEach
  void start() throws IOException {
    server = new FakeHub();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Path pull() {
    return notes.hub(server.settings(cache)).pull(ID);
  }

  private void checkWhole(Path snapshot) {
    assertThat(snapshot.resolve(WEIGHTS)).hasBinaryContent(server.files.get(WEIGHTS));
    assertThat(partial()).doesNotExist();
  }

  private Path partial() {
    return cache
        .resolve("models--Org--Model-2B/blobs")
        .resolve(server.blobName(WEIGHTS) + ".vl4j.incomplete");
  }

  private String refusal(HubSettings settings) {
    List<String> said = new ArrayList<>();
    assertThatExceptionOfType(HubException.class)
        .isThrownBy(() -> notes.hub(settings).pull(ID))
        .satisfies(refusal -> said.add(refusal.getMessage()));
    assertThat(said.getFirst()).contains(MODEL).doesNotContain("\n", TOKEN, "signature=");
    return said.getFirst();
  }

  private String refusal() {
    return refusal(server.settings(cache));
  }

  private void checkNothingIsWhole() throws IOException {
    Path snapshot = cache.resolve("models--Org--Model-2B/snapshots").resolve(COMMIT);
    assertThat(snapshot.resolve(WEIGHTS)).doesNotExist();
    assertThat(snapshot.resolve("config.json")).doesNotExist();
    assertThat(cache.resolve("models--Org--Model-2B/refs/main")).doesNotExist();
    Path blobs = cache.resolve("models--Org--Model-2B/blobs");
    if (Files.exists(blobs)) {
      try (Stream<Path> found = Files.list(blobs)) {
        assertThat(found.map(Path::getFileName).map(Path::toString))
            .doesNotContain(server.blobName(WEIGHTS));
      }
    }
  }

  /** Announces everything from the range asked for on, sends {@code bytes} of it and hangs up. */
  private static Fault cutAfter(int bytes) {
    return (exchange, contents) -> {
      String range = exchange.getRequestHeaders().getFirst("Range");
      int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
      etag(exchange, FakeHub.sha256(contents));
      if (range != null) {
        exchange
            .getResponseHeaders()
            .set(
                "Content-Range",
                "bytes %d-%d/%d".formatted(from, contents.length - 1, contents.length));
      }
      exchange.sendResponseHeaders(range == null ? 200 : 206, contents.length - from);
      exchange.getResponseBody().write(contents, from, bytes);
      exchange.getResponseBody().flush();
      return true;
    };
  }

  private static void etag(HttpExchange exchange, String etag) {
    exchange.getResponseHeaders().set("ETag", '"' + etag + '"');
  }

  private static Fault status(int status, String... headers) {
    return (exchange, contents) -> {
      for (int i = 0; i < headers.length; i += 2) {
        exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
      }
      exchange.sendResponseHeaders(status, -1);
      return true;
    };
  }

  /** Sends other contents of the same size, as a whole. */
  private static Fault damaged() {
    return (exchange, contents) -> {
      byte[] wrong = contents.clone();
      wrong[wrong.length / 2] ^= 1;
      etag(exchange, "other");
      FakeHub.send(exchange, wrong, 206);
      return true;
    };
  }

  @Test
  void aCutConnectionIsContinued() {
    server.fault(WEIGHTS, cutAfter(100_000), cutAfter(50_000));
    checkWhole(pull());
    List<Request> requests = server.contentRequests(WEIGHTS);
    assertThat(requests)
        .extracting(request -> request.header("Range"))
        .containsExactly("", "bytes=100000-", "bytes=150000-");
    assertThat(requests.get(1).header("If-Range")).isEqualTo('"' + server.blobName(WEIGHTS) + '"');
    assertThat(notes.notes).anyMatch(note -> note.contains("attempt 2 of 5"));
  }

  @Test
  void anotherRunContinuesToo() throws IOException {
    Files.createDirectories(partial().getParent());
    Files.write(partial(), Arrays.copyOf(server.files.get(WEIGHTS), 123_457));
    checkWhole(pull());
    assertThat(server.contentRequests(WEIGHTS))
        .extracting(request -> request.header("Range"))
        .containsExactly("bytes=123457-");
  }

  @Test
  void whatIsAllHereIsOnlyVerified() throws IOException {
    Files.createDirectories(partial().getParent());
    Files.write(partial(), server.files.get(WEIGHTS));
    checkWhole(pull());
    assertThat(server.contentRequests(WEIGHTS)).isEmpty();
  }

  @Test
  void aBadBeginningIsThrownAway() throws IOException {
    Files.createDirectories(partial().getParent());
    Files.write(partial(), new byte[1000]);
    checkWhole(pull());
    assertThat(server.contentRequests(WEIGHTS))
        .extracting(request -> request.header("Range"))
        .containsExactly("bytes=1000-", "");
  }

  @Test
  void aBeginningThatIsTooLongIsThrownAway() throws IOException {
    Files.createDirectories(partial().getParent());
    Files.write(partial(), new byte[400_000]);
    checkWhole(pull());
    assertThat(server.contentRequests(WEIGHTS))
        .extracting(request -> request.header("Range"))
        .containsExactly("");
  }

  @Test
  void aServerWithoutRanges() {
    Fault whole =
        (exchange, contents) -> {
          exchange.sendResponseHeaders(200, contents.length);
          exchange.getResponseBody().write(contents);
          return true;
        };
    server.fault(WEIGHTS, cutAfter(100_000), whole);
    checkWhole(pull());
    assertThat(server.contentRequests(WEIGHTS)).hasSize(2);
  }

  @Test
  void aVersionThatChangesBetweenConnections() {
    Fault another =
        (exchange, contents) -> {
          // Ignores If-Range, as some servers do.
          String range = exchange.getRequestHeaders().getFirst("Range");
          int from = Integer.parseInt(range.replaceAll("\\D", ""));
          etag(exchange, "another");
          exchange
              .getResponseHeaders()
              .set(
                  "Content-Range",
                  "bytes %d-%d/%d".formatted(from, contents.length - 1, contents.length));
          exchange.sendResponseHeaders(206, contents.length - from);
          exchange.getResponseBody().write(new byte[contents.length - from]);
          return true;
        };
    server.fault(WEIGHTS, cutAfter(100_000), another);
    checkWhole(pull());
    assertThat(server.contentRequests(WEIGHTS))
        .extracting(request -> request.header("Range"))
        .containsExactly("", "bytes=100000-", "");
    assertThat(notes.notes).anyMatch(note -> note.contains("changed between two connections"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bytes 5-300000/300001", "bytes 100000-200000/300001", "nonsense", ""})
  void anotherRangeThanAskedFor(String range) {
    Fault elsewhere =
        (exchange, contents) -> {
          etag(exchange, FakeHub.sha256(contents));
          exchange.getResponseHeaders().set("Content-Range", range);
          exchange.sendResponseHeaders(206, 10);
          exchange.getResponseBody().write(new byte[10]);
          return true;
        };
    server.fault(WEIGHTS, cutAfter(100_000), elsewhere);
    checkWhole(pull());
    assertThat(server.contentRequests(WEIGHTS)).hasSize(3);
  }

  @Test
  void noSuchRange() {
    server.fault(WEIGHTS, cutAfter(100_000), status(416));
    checkWhole(pull());
    assertThat(server.contentRequests(WEIGHTS).getLast().header("Range")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {WEIGHTS, "modules.json"})
  void aWrongChecksum(String name) throws IOException {
    String right = server.blobName(name);
    server.fault(name, damaged());
    assertThat(refusal()).contains(name, "checksum: expected " + right + ", found ");
    if (name.equals(WEIGHTS)) {
      checkNothingIsWhole();
    }
    assertThat(partial()).doesNotExist();
    checkWhole(pull());
  }

  @Test
  void aSizeThatTheServerDisowns() throws IOException {
    server.sizes.put(WEIGHTS, 300_000L);
    assertThat(refusal()).contains(WEIGHTS, "size: expected 300000 bytes, found 300001");
    checkNothingIsWhole();
  }

  @Test
  void moreThanWasAnnounced() throws IOException {
    server.sizes.put(WEIGHTS, 299_999L);
    server.fault(
        WEIGHTS,
        (exchange, contents) -> {
          exchange.sendResponseHeaders(200, 0); // chunked: no length in advance
          exchange.getResponseBody().write(contents);
          return true;
        });
    assertThat(refusal()).contains(WEIGHTS, "size: expected 299999 bytes, found", "or more");
    checkNothingIsWhole();
  }

  @Test
  void contentsThatAreCompressed() {
    server.fault(WEIGHTS, status(200, "Content-Encoding", "gzip"));
    assertThat(refusal()).contains(WEIGHTS, "encoded as \"gzip\"");
  }

  @Test
  void tooManyRequests() {
    server.fault(WEIGHTS, status(429, "Retry-After", "7"));
    server.fault("tree", status(429, "RateLimit", "\"api\";r=0;t=33"));
    checkWhole(pull());
    assertThat(notes.sleeps).containsExactly(Duration.ofSeconds(33), Duration.ofSeconds(7));
  }

  @Test
  void aWaitThatIsTooLong() {
    server.fault(WEIGHTS, status(429, "Retry-After", "3600"));
    assertThat(refusal()).contains(WEIGHTS, "429", "come back in 3600 s");
    assertThat(notes.sleeps).isEmpty();
  }

  @Test
  void aServerThatRecovers() {
    server.fault(WEIGHTS, status(500), status(503));
    server.fault("revision", status(502), status(504));
    checkWhole(pull());
    assertThat(notes.sleeps).hasSize(4);
    assertThat(notes.sleeps.get(1)).isBetween(Duration.ofSeconds(2), Duration.ofMillis(2500));
  }

  @Test
  void aServerThatDoesNotRecover() throws IOException {
    server.fault(WEIGHTS, status(500), status(500), status(500), status(500), status(500));
    assertThat(refusal()).contains(WEIGHTS, "gave up after 5 attempts", "HTTP status 500");
    assertThat(notes.sleeps).hasSize(4);
    checkNothingIsWhole();
  }

  @Test
  void contentsThatAreNotThere() {
    server.fault(WEIGHTS, status(404));
    assertThat(refusal()).contains(WEIGHTS, "expected HTTP status 200, found status 404");
  }

  @Test
  void aSignatureThatExpired() {
    server.fault(WEIGHTS, status(403));
    checkWhole(pull());
  }

  @Test
  void aTrickle() throws IOException {
    Fault trickle =
        (exchange, contents) -> {
          exchange.sendResponseHeaders(200, contents.length);
          for (int i = 0; i < contents.length; i++) {
            exchange.getResponseBody().write(contents, i, 1);
            exchange.getResponseBody().flush();
            Thread.sleep(10);
          }
          return true;
        };
    server.fault(WEIGHTS, trickle, trickle, trickle, trickle, trickle);
    assertThat(refusal(waiting(Duration.ofSeconds(5), SHORT)))
        .contains(WEIGHTS, "gave up after 5 attempts", "bytes arrived in 0.3 s");
    checkNothingIsWhole();
  }

  @Test
  void aServerThatDoesNotAnswer() {
    Fault silence =
        (exchange, contents) -> {
          Thread.sleep(2000);
          return false;
        };
    server.fault(WEIGHTS, silence);
    checkWhole(notes.hub(waiting(SHORT, SHORT)).pull(ID));
    assertThat(notes.notes).anyMatch(note -> note.contains("no answer within 0.3 s"));
  }

  private HubSettings waiting(Duration forAnswers, Duration forBytes) {
    HubSettings patient = server.settings(cache);
    return new HubSettings(
        patient.hub(), patient.endpoint(), cache, TOKEN, false, true, forAnswers, forBytes);
  }

  @Test
  void theTokenStaysWithTheHub() {
    checkWhole(pull());
    assertThat(server.requests).hasSizeGreaterThan(6);
    for (Request request : server.requests) {
      assertThat(request.header("Authorization"))
          .as(request.path())
          .isEqualTo(request.atHub() ? "Bearer " + TOKEN : "");
    }
    assertThat(server.requests).anyMatch(request -> !request.atHub());
  }

  @Test
  void noToken() {
    notes.hub(server.settings(Hub.HUGGING_FACE, cache, null)).pull(ID);
    assertThat(server.requests).allMatch(request -> request.header("Authorization").isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"ftp://127.0.0.1/x", "file:///etc/passwd", "", "http://a b/"})
  void aRedirectToNowhere(String location) {
    server.fault("modules.json", status(302, "Location", location));
    assertThat(refusal(server.settings(cache))).contains("redirect");
  }

  @Test
  void redirectsWithoutEnd() {
    Fault again = status(302, "Location", "/%s/resolve/%s/modules.json".formatted(MODEL, COMMIT));
    Fault[] many = new Fault[20];
    Arrays.fill(many, again);
    server.fault("modules.json", many);
    assertThat(refusal()).contains("more than 8 redirects");
  }

  @Test
  void aModelThatIsNotThere() {
    ModelId unknown = ModelId.parse("Org/Nothing");
    assertThatExceptionOfType(HubException.class)
        .isThrownBy(() -> notes.hub(server.settings(cache)).pull(unknown))
        .withMessageContainingAll("Org/Nothing", "127.0.0.1", "no such model", "HF_TOKEN");
    assertThat(cache).isEmptyDirectory();
  }

  @Test
  void aRevisionThatIsNotThere() {
    server.fault("revision", status(404, "X-Error-Code", "RevisionNotFound"));
    assertThat(refusal()).contains("no revision \"main\"");
  }

  @Test
  void aGatedModel() throws IOException {
    server.fault("modules.json", status(401, "X-Error-Code", "GatedRepo"));
    assertThat(refusal(server.settings(Hub.HUGGING_FACE, cache, null)))
        .contains("gated", "/" + MODEL, "set HF_TOKEN");
    server.fault("modules.json", status(403, "X-Error-Code", "GatedRepo"));
    assertThat(refusal()).contains("gated", "HF_TOKEN is set, but does not allow it");
  }

  @Test
  void aStrangerIsToldNothing() {
    server.fault("revision", status(401));
    assertThat(refusal()).contains("no such model, or it is private", "HF_TOKEN");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../model.safetensors",
        "/etc/model.safetensors",
        "a/../../x.json",
        "a//b.json",
        "..\\\\x.json",
        "C:x.json",
        "./x.json"
      })
  void namesThatLeadElsewhere(String name) {
    server.text(name, "x");
    assertThat(refusal()).contains("unsafe file name", name.substring(0, 2));
    assertThat(server.contentRequests(WEIGHTS)).isEmpty();
  }

  @Test
  void hashesThatAreNone() {
    server.hashes.put("modules.json", "../../../../tmp/x");
    assertThat(refusal()).contains("modules.json", "expected a checksum", "../../../../tmp/x");
    server.commit = "../../x";
    assertThat(refusal()).contains("sha: expected 40 hexadecimal digits", "../../x");
  }

  @Test
  void aListingThatIsNoJson() {
    server.fault(
        "tree",
        (exchange, contents) -> {
          FakeHub.json(exchange, "<html>\nlog in</html>");
          return true;
        });
    assertThat(refusal()).contains("is not valid JSON");
  }

  @Test
  void aHostThatIsNotThere() {
    HubSettings nowhere =
        new HubSettings(
            Hub.HUGGING_FACE,
            URI.create("http://127.0.0.1:1"),
            cache,
            TOKEN,
            false,
            true,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1));
    assertThat(refusal(nowhere)).contains("127.0.0.1", "cannot be reached", "5 attempts");
  }
}
