package dev.vl4j.server.media;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.media.ImageServer.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One picture from servers that mean well, and from others. */
@Timeout(60)
class DownloadTest extends FetchingTest {
  @Test
  void whatServersAreAsked() throws Exception {
    String url = url("/a/b.png?c=%20d#e");
    assertThat(fetcher(SETTINGS).fetch(List.of(url), _ -> {}))
        .containsExactly(Map.entry(url, PICTURE));
    assertThat(server.requests.getFirst().split("\r\n"))
        .startsWith("GET /a/b.png?c=%20d HTTP/1.1", "Host: a.example:" + server.port())
        .contains("User-Agent: vl4j", "Accept-Encoding: identity", "Connection: close")
        .noneMatch(line -> line.startsWith("Cookie") || line.startsWith("Authorization"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Type: image/jpeg",
        "Content-Type: IMAGE/PNG; charset=binary",
        "Content-Type: application/octet-stream",
        "Content-Type: binary/octet-stream",
        "X-Anything: no type at all",
        "Content-Encoding: identity",
      })
  void headersThatPass(String header) throws Exception {
    server.answer(Answer.of("HTTP/1.1 200 OK\r\n" + header + "\r\n\r\nabc"));
    assertThat(fetch(SETTINGS)).asString().isEqualTo("abc");
  }

  @Test
  void chunksAndInterimAnswers() throws Exception {
    server.answer(
        Answer.of(
            String.join(
                "\r\n",
                "HTTP/1.1 100 Continue",
                "",
                "HTTP/1.1 103 Early Hints",
                "Link: </x>",
                "",
                "HTTP/1.1 200 OK",
                "Transfer-Encoding: chunked",
                "",
                "1",
                "a",
                "2;extension",
                "bc",
                "0",
                "Trailer: x",
                "",
                "")));
    assertThat(fetch(SETTINGS)).asString().isEqualTo("abc");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "404 Secret\\r\\n | status 404",
        "500 Secret\\r\\n | status 500",
        "403 Secret\\r\\nContent-Type: image/png\\r\\n | status 403",
        "206 Partial\\r\\n | status 206",
        "204 Nothing\\r\\n | status 204",
        "304 Not Modified\\r\\n | status 304",
        "302 Found\\r\\n | status 302 without saying where else",
        "200 OK\\r\\nContent-Type: text/html; charset=x\\r\\n | not a picture but text/html",
        "200 OK\\r\\nContent-Type: application/json\\r\\n | not a picture but application/json",
        "200 OK\\r\\nContent-Encoding: gzip\\r\\n | the content is encoded (gzip)",
        "200 OK\\r\\nTransfer-Encoding: gzip, chunked\\r\\n | the answer is not valid HTTP",
        "200 OK\\r\\nContent-Length: -1\\r\\n | the answer is not valid HTTP",
        "200 OK\\r\\nContent-Length: 5\\r\\nContent-Length: 6\\r\\n | the answer is not valid HTTP",
        "200 OK\\r\\nContent-Length: 99999999999\\r\\n | longer than 67108864 bytes",
        "200 OK\\r\\nContent-Length: 0\\r\\n | the answer holds no bytes",
        "200 OK\\r\\nContent-Length: 900\\r\\n | the connection failed or broke off",
        "101 Switching\\r\\nUpgrade: x\\r\\n | the answer is not valid HTTP",
        "200 OK\\r\\nno header\\r\\n | the answer is not valid HTTP",
        "200 OK\\r\\nTransfer-Encoding: chunked\\r\\n | the answer is not valid HTTP",
        "000 Secret\\r\\nContent-Length: 3\\r\\n | the answer is not valid HTTP",
        "0 Secret\\r\\n | the answer is not valid HTTP",
        "Secret | the answer is not valid HTTP",
      })
  void answersThatAreRefused(String head, String reason) {
    String text = "HTTP/1.1 " + head.replace("\\r\\n", "\r\n") + "\r\nSecret body";
    assertRefused(SETTINGS, Answer.of(text), reason);
  }

  @Test
  void whatIsNotHttpIsNotShown() {
    assertRefused(SETTINGS, Answer.of("SSH-2.0-Secret\r\n"), "the answer is not valid HTTP");
    assertRefused(SETTINGS, Answer.of(""), "the connection failed or broke off");
  }

  /** Whatever a server says, it is a picture or a reason. */
  @Test
  void answersWithDamage() throws Exception {
    long seed = System.nanoTime();
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    byte[] whole =
        String.join(
                "\r\n",
                "HTTP/1.1 302 Found",
                "Location: http://a.example:" + server.port() + "/y.png?z#a",
                "Content-Type: image/png; charset=x",
                "Content-Length: 17",
                "Transfer-Encoding: chunked",
                "",
                "3",
                "abc",
                "0",
                "",
                "")
            .getBytes(StandardCharsets.ISO_8859_1);
    MediaFetcher fetcher = fetcher(SETTINGS.withMaxBytes(1000));
    for (int i = 0; i < 300; i++) {
      byte[] damaged = whole.clone();
      if (random.nextBoolean()) {
        System.arraycopy("200".getBytes(StandardCharsets.ISO_8859_1), 0, damaged, 9, 3);
      }
      for (int changes = random.nextInt(4); changes >= 0; changes--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      server.answer(Answer.of(Arrays.copyOf(damaged, random.nextInt(damaged.length) + 1)));
      try {
        byte[] picture = fetcher.fetch(List.of(url("/x.png")), _ -> {}).get(url("/x.png"));
        assertThat(picture).as("seed %d, round %d", seed, i).hasSizeBetween(1, 1000);
      } catch (MediaException e) {
        assertThat(e.reason()).as("seed %d, round %d", seed, i).hasSizeBetween(5, 300);
      } catch (RuntimeException e) {
        throw new AssertionError("seed %d, round %d".formatted(seed, i), e);
      }
    }
  }

  @Test
  void bytesBeyondTheLengthAreNotRead() throws Exception {
    server.answer(Answer.of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef"));
    assertThat(fetch(SETTINGS)).asString().isEqualTo("abc");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Transfer-Encoding: chunked\r\n", "Content-Length: 99999999999\r\n"})
  void endlessBodies(String header) {
    Answer endless =
        (_, out) -> {
          out.write(("HTTP/1.1 200 OK\r\n" + header + "\r\n").getBytes(StandardCharsets.UTF_8));
          byte[] chunk = ("100\r\n" + "x".repeat(256) + "\r\n").getBytes(StandardCharsets.UTF_8);
          while (true) {
            out.write(chunk);
          }
        };
    assertRefused(SETTINGS.withMaxBytes(1000), endless, "longer than 1000 bytes");
  }

  @Test
  void exactlyTheLimit() throws Exception {
    assertThat(fetch(SETTINGS.withMaxBytes(PICTURE.length))).isEqualTo(PICTURE);
    assertRefused(
        SETTINGS.withMaxBytes(PICTURE.length - 1),
        Answer.of("HTTP/1.1 200 OK\r\n\r\n" + "x".repeat(PICTURE.length)),
        "longer than 19 bytes");
  }

  /** Compressed content is refused before its first byte is read, let alone expanded. */
  @Test
  void compressedBombs() throws IOException {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bomb)) {
      gzip.write(new byte[1 << 24]);
    }
    byte[] head =
        "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Encoding: GZip\r\n\r\n"
            .getBytes(StandardCharsets.UTF_8);
    assertRefused(SETTINGS, Answer.of(head, bomb.toByteArray()), "the content is encoded (gzip)");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nX-Long: ",
        "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        "HTTP/1.1 200 OK\r\n\r\n",
      })
  void bytesThatTrickle(String start) {
    Answer trickle =
        (_, out) -> {
          out.write(start.getBytes(StandardCharsets.UTF_8));
          while (true) {
            out.write('x');
            out.flush();
            Thread.sleep(5);
          }
        };
    assertRefused(HURRIED, trickle, "not fetched within 0.3 s");
  }

  @Test
  void headersWithoutEnd() {
    Answer endless =
        (_, out) -> {
          out.write("HTTP/1.1 200 OK\r\n".getBytes(StandardCharsets.UTF_8));
          while (true) {
            out.write("X: y\r\n".getBytes(StandardCharsets.UTF_8));
          }
        };
    assertRefused(SETTINGS, endless, "the answer is not valid HTTP");
  }

  @Test
  void interimAnswersWithoutEnd() {
    Answer endless =
        (_, out) -> {
          while (true) {
            out.write("HTTP/1.1 103 Soon\r\n\r\n".getBytes(StandardCharsets.UTF_8));
          }
        };
    assertRefused(SETTINGS, endless, "the answer is not valid HTTP");
  }

  @Test
  void nothingListens() {
    int port = server.port();
    server.close();
    assertThat(refusal(SETTINGS, "http://a.example:" + port + "/"))
        .hasMessage("the connection failed or broke off");
  }
}
