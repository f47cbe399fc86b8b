package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.cli.Main;
import dev.vl4j.server.http.LiveServer.Answer;
import dev.vl4j.server.media.ImageServer;
import dev.vl4j.server.media.MediaSettings;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Pictures in requests that are fetched from elsewhere. */
@Timeout(60)
class RemoteMediaTest {
  private static final MediaSettings ANYWHERE =
      MediaSettings.DEFAULT.withPrivateAddresses(true).withTimeout(Duration.ofHours(1));

  private static byte[] circle;

  private final ScriptedReranker engine = new ScriptedReranker();
  private ImageServer pictures;

  @BeforeAll
  static void read() throws Exception {
    try (InputStream in = Main.class.getResourceAsStream("demo/red-circle.png")) {
      circle = in.readAllBytes();
    }
  }

  @BeforeEach
  void start() {
    engine.next = () -> CompletableFuture.completedFuture(ScriptedReranker.ranking(1));
    pictures = ImageServer.start(ImageServer.Answer.file("image/png", circle));
  }

  @AfterEach
  void stop() {
    pictures.close();
  }

  private LiveServer scripted(MediaSettings media) {
    return LiveServer.of(engine, LiveServer.builder().media(media).build());
  }

  private static String picture(String url) {
    return "{'type':'image_url','image_url':{'url':'" + url + "'}}";
  }

  private static String rerank(String parts) {
    return "{'query':'a red circle','documents':['x',{'content':[" + parts + "]}]}";
  }

  private static String score(String url) {
    return "{'queries':'a red circle','documents':[{'content':[" + picture(url) + "]}]}";
  }

  @Test
  void scoresAreThoseOfTheSameBytes() {
    String data = "data:image/png;base64," + Base64.getEncoder().encodeToString(circle);
    String url = pictures.url("/circle.png");
    try (LiveServer server = LiveServer.demo(LiveServer.builder().media(ANYWHERE).build())) {
      JsonNode expected = server.post("/v1/rerank", rerank(picture(data))).json().path("results");
      Answer answer = server.post("/v1/rerank", rerank(picture(url)));
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      JsonNode results = answer.json().path("results");
      assertThat(results.size()).isEqualTo(2);
      for (int i = 0; i < 2; i++) {
        assertThat(results.get(i).path("index")).isEqualTo(expected.get(i).path("index"));
        assertThat(results.get(i).path("relevance_score").doubleValue())
            .isEqualTo(expected.get(i).path("relevance_score").doubleValue());
      }
      assertThat(answer.text()).contains("\"url\":\"" + url + "\"");

      String chat =
          "{'messages':[{'role':'query','content':'a red circle'},"
              + "{'role':'document','content':[%s]}]}";
      assertThat(server.post("/classify", chat.formatted(picture(url))).json().path("data"))
          .isEqualTo(server.post("/classify", chat.formatted(picture(data))).json().path("data"));
      assertThat(server.post("/tokenize", chat.formatted(picture(url))).text())
          .isEqualTo(server.post("/tokenize", chat.formatted(picture(data))).text())
          .contains("\"count\":");
      assertThat(server.post("/score", score(url)).json().path("data").get(0).path("score"))
          .isEqualTo(server.post("/score", score(data)).json().path("data").get(0).path("score"));
    }
  }

  @Test
  void failuresAreTheUrlsFault() {
    pictures.answer(ImageServer.Answer.of("HTTP/1.1 404 Secret\r\n\r\nSecret"));
    String url = pictures.url("/" + "x".repeat(100));
    try (LiveServer server = scripted(ANYWHERE)) {
      Answer answer = server.post("/v1/rerank", rerank(picture(url)));
      assertThat(answer.status()).isEqualTo(400);
      String field = "documents.1.content.0.image_url.url";
      assertThat(answer.error().path("message").stringValue())
          .isEqualTo("%s: cannot fetch %s...: status 404".formatted(field, url.substring(0, 60)));
      assertThat(answer.error().path("type").stringValue()).isEqualTo("BadRequestError");
      assertThat(answer.error().path("param").stringValue()).isEqualTo("body." + field);
      assertThat(answer.error().path("code").intValue()).isEqualTo(400);
      assertThat(engine.requests).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1:%d/x",
        "http://[::ffff:127.0.0.1]:%d/x",
        "http://localhost:%d/x",
      })
  void placesThatMayNotBeFetchedFromLookLikeNone(String url) {
    try (LiveServer server = scripted(MediaSettings.DEFAULT)) {
      Answer answer = server.post("/v1/rerank", rerank(picture(url.formatted(pictures.port()))));
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.error().path("message").stringValue())
          .endsWith(": the host is unknown or has no public address");
      assertThat(pictures.requests).isEmpty();
    }
  }

  @Test
  void slownessIsTheUrlsFault() {
    pictures.answer(ImageServer.Answer.silence(() -> {}));
    try (LiveServer server = scripted(ANYWHERE.withTimeout(Duration.ofMillis(200)))) {
      Answer answer = server.post("/score", score(pictures.url("/x")));
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.error().path("message").stringValue()).endsWith("not fetched within 0.2 s");
    }
  }

  /** Whatever else is wrong with a request, it is known before anything is fetched. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'top_n':'x' | 400",
        "'priority':1 | 400",
        "'truncate_prompt_tokens':100000 | 400",
        "'model':'another' | 404",
        "'instruction':7 | 400",
      })
  void nothingIsFetchedForRequestsThatAreWrong(String field, int status) {
    try (LiveServer server = scripted(ANYWHERE)) {
      String body = rerank(picture(pictures.url("/x")));
      Answer answer = server.post("/v1/rerank", "{" + field + "," + body.substring(1));
      assertThat(answer.status()).as(answer.text()).isEqualTo(status);
      assertThat(pictures.requests).isEmpty();
    }
  }

  @Test
  void nothingIsFetchedForPicturesThatAreWrong() {
    String good = picture(pictures.url("/x"));
    try (LiveServer server = scripted(ANYWHERE)) {
      for (String bad :
          new String[] {
            good + "," + good,
            picture("data:image/png;base64,%%"),
            picture("file:///etc/passwd"),
            picture("ftp://a.example/x"),
            picture("http://user@a.example/x"),
          }) {
        Answer answer = server.post("/v1/rerank", rerank(good + "," + bad));
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
      }
      assertThat(pictures.requests).isEmpty();
    }
  }

  @Test
  void picturesTogetherMayBeAsLargeAsABody() {
    pictures.answer(ImageServer.Answer.file("image/png", new byte[600 << 10]));
    try (LiveServer server = scripted(ANYWHERE)) {
      Answer answer =
          server.post(
              "/v1/rerank",
              rerank(picture(pictures.url("/1")) + "," + picture(pictures.url("/2"))));
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.error().path("message").stringValue())
          .endsWith("the request's pictures are longer than 1048576 bytes together");
    }
  }

  @Test
  void bytesThatAreNoPicture() {
    pictures.answer(ImageServer.Answer.file("image/png", new byte[] {1, 2, 3}));
    try (LiveServer server = LiveServer.demo(LiveServer.builder().media(ANYWHERE).build())) {
      Answer answer = server.post("/v1/rerank", rerank(picture(pictures.url("/1"))));
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.error().path("message").stringValue())
          .contains("documents.1.content.0.image_url.url");
    }
  }

  @Test
  void aClientThatHangsUpEndsTheFetch() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch gone = new CountDownLatch(1);
    pictures.answer((client, out) -> {
      asked.countDown();
      ImageServer.Answer.silence(gone::countDown).write(client, out);
    });
    String body = rerank(picture(pictures.url("/x"))).replace('\'', '"');
    try (LiveServer server = scripted(ANYWHERE)) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.server.port())) {
        socket
            .getOutputStream()
            .write(
                String.join(
                        "\r\n",
                        "POST /v1/rerank HTTP/1.1",
                        "Host: localhost",
                        "Content-Type: application/json",
                        "Content-Length: " + body.length(),
                        "",
                        body)
                    .getBytes(StandardCharsets.US_ASCII));
        asked.await();
      }
      gone.await();
      server.awaitLog("status=499");
      assertThat(engine.requests).isEmpty();
    }
  }

  @Test
  void theTimeOfARequestIncludesItsFetches() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    pictures.answer(ImageServer.Answer.silence(gone::countDown));
    ServerOptions options =
        LiveServer.builder().media(ANYWHERE).timeout(Duration.ofSeconds(3)).build();
    try (LiveServer server = LiveServer.of(engine, options)) {
      Answer answer = server.post("/v1/rerank", rerank(picture(pictures.url("/x"))));
      assertThat(answer.status()).isEqualTo(504);
      gone.await();
    }
  }
}
