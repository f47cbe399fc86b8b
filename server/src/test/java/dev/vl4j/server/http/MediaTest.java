package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.Reranker;
import dev.vl4j.server.cli.Main;
import dev.vl4j.server.http.LiveServer.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Pictures in requests, and where they may come from. */
class MediaTest {
  @TempDir static Path folder;

  private static byte[] circle;
  private static Path allowed;
  private static LiveServer server;

  @BeforeAll
  static void start() throws IOException {
    try (InputStream in = Main.class.getResourceAsStream("demo/red-circle.png")) {
      circle = in.readAllBytes();
    }
    allowed = Files.createDirectory(folder.resolve("allowed"));
    Files.write(allowed.resolve("a b.png"), circle);
    Path secret = Files.write(folder.resolve("secret.png"), circle);
    Files.createSymbolicLink(allowed.resolve("link.png"), secret);
    Files.createSymbolicLink(allowed.resolve("inside.png"), allowed.resolve("a b.png"));
    server = LiveServer.demo(LiveServer.builder().mediaRoot(allowed.toRealPath()).build());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String picture(String url) {
    return "{'type':'image_url','image_url':{'url':'" + url + "'}}";
  }

  private static Answer rank(String parts) {
    return server.post(
        "/v1/rerank", "{'query':'a red circle','documents':[{'content':[" + parts + "]}]}");
  }

  private static String data() {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(circle);
  }

  @Test
  void picturesAreWhatTheEngineSees() {
    double expected;
    try (Reranker reranker = Reranker.openDemo()) {
      expected =
          reranker
              .rerank(Content.text("a red circle"), List.of(Content.image(circle)))
              .getFirst()
              .score();
    }
    for (String url :
        List.of(
            data(),
            allowed.resolve("a b.png").toUri().toString(),
            allowed.resolve("inside.png").toUri().toString())) {
      Answer answer = rank(picture(url));
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      JsonNode result = answer.json().path("results").get(0);
      assertThat(result.path("relevance_score").doubleValue()).isEqualTo(expected);
      assertThat(result.path("document").get("text").isNull()).isTrue();
      assertThat(result.path("document").path("multi_modal").get(0).path("image_url").path("url"))
          .hasToString("\"" + url + "\"");
    }
  }

  /** After file:// a path may stand as it is. */
  @ParameterizedTest
  @ValueSource(
      strings = {"[1].png", "two  words.png", "100%.png", "a%20b.png", "a#b.png", "who?.png"})
  void namesThatWantQuoting(String name) throws IOException {
    Path file = Files.write(allowed.resolve(name), circle);
    for (String url :
        List.of(
            "file://" + file, "file://localhost" + file, "file:" + file, file.toUri().toString())) {
      Answer answer = rank(picture(url));
      assertThat(answer.status()).as(url + answer.text()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "%2e%2e/secret.png",
        "..%2Fsecret.png",
        "x#/../../secret.png",
        "x?/../../secret.png",
        "link.png#x",
        "link.png?x"
      })
  void namesThatLeadOutside(String name) {
    Answer answer = rank(picture("file://" + allowed + "/" + name));
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.error().path("message").stringValue())
        .containsAnyOf("not under the allowed directory", "no such file");
  }

  @ParameterizedTest
  @CsvSource({
    "link.png, not under the allowed directory",
    "../secret.png, not under the allowed directory",
    "../no-such.png, not under the allowed directory",
    "no-such.png, no such file",
    "'', cannot be read",
  })
  void filesThatAreNotAllowed(String name, String message) {
    String uri = allowed.toUri() + name;
    assertRefused(rank(picture(uri)), message);
  }

  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1:1/a.png, the host is unknown or has no public address",
    "https://user@example.org/a.png, the URL has a user name in it",
    "ftp://example.org/a.png, unsupported URL scheme ftp:",
    "/etc/passwd, not a URL",
    "file:///etc/passwd, not under the allowed directory",
    "file:///proc/self/environ, not under the allowed directory",
    "'data:image/png;base64,%%', broken base64",
    "'data:image/png;base64,AQID', ",
  })
  void urlsThatAreRefused(String url, String message) {
    assertRefused(rank(picture(url)), message == null ? "documents.0" : message);
  }

  private static void assertRefused(Answer answer, String message) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.error().path("type").stringValue()).isEqualTo("BadRequestError");
    assertThat(answer.error().path("message").stringValue()).contains(message);
  }

  @Test
  void noFilesUnlessTheServerAllowsThem() {
    try (LiveServer closed = LiveServer.of(new ScriptedReranker())) {
      assertRefused(
          closed.post(
              "/v1/rerank",
              "{'query':{'content':[" + picture("file:///etc/passwd") + "]},'documents':['a']}"),
          "--allowed-local-media-path");
    }
  }

  @Test
  void picturesInOnePrompt() {
    String two = picture(data()) + "," + picture(data());
    assertThat(rank(two).status()).isEqualTo(200);
    assertRefused(
        rank(two + "," + picture(data())), "At most 2 image(s) may be provided in one prompt.");
  }

  /** A file needs a library that the server's tests do not have; frames need none. */
  @Test
  void videos() {
    String file = "{'type':'video_url','video_url':{'url':'data:video/mp4;base64,AAAA'}}";
    assertRefused(
        rank(file), "documents.0.content.0.video_url.url: no library that decodes videos is there");
    String frames = data() + "," + data().substring(data().indexOf(',') + 1);
    String listed =
        "{'type':'video_url','video_url':'" + frames.replace("image/png", "video/jpeg") + "'}";
    double expected;
    try (Reranker reranker = Reranker.openDemo()) {
      ImageSource frame = new ImageSource.Encoded(circle, "frame");
      Content video = Content.of(Part.video(List.of(frame, frame)));
      expected = reranker.rerank(Content.text("a red circle"), List.of(video)).getFirst().score();
    }
    Answer answer = rank(listed);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.json().path("results").path(0).path("relevance_score").doubleValue())
        .isEqualTo(expected);
    assertRefused(rank(listed + "," + listed), "At most 1 video(s) may be provided in one prompt.");
    assertRefused(
        rank(listed.replace("base64,", "base64,%%,")),
        "documents.0.content.0.video_url: broken base64");
  }
}
