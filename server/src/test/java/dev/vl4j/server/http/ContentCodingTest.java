package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies in the codings of RFC 9110, 8.4.1. */
@Timeout(60)
class ContentCodingTest {
  private static final byte[] BODY =
      "{\"query\":\"q\",\"documents\":[\"a\"]}".getBytes(StandardCharsets.UTF_8);

  private final ScriptedReranker engine = new ScriptedReranker();
  @AutoClose private final LiveServer server = LiveServer.of(engine);

  private RawConnection.Answer post(String coding, byte[] body) {
    engine.next = () -> CompletableFuture.completedFuture(ScriptedReranker.ranking(1));
    try (RawConnection connection = new RawConnection(server.server.port())) {
      connection.send(
          "POST /v1/rerank HTTP/1.1~Host: a~Content-Type: application/json~"
              + coding
              + "Content-Length: %d~~".formatted(body.length));
      RawConnection.Answer answer = connection.send(body).answer();
      assertThat(answer).isNotNull();
      return answer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Opens a stream that codes what is written to it. */
  private interface Coder {
    OutputStream over(OutputStream out) throws IOException;
  }

  private static byte[] coded(byte[] body, String coder) {
    Coder stream =
        switch (coder) {
          case "gzip" -> GZIPOutputStream::new;
          case "zlib" -> DeflaterOutputStream::new;
          case "raw" -> out -> new DeflaterOutputStream(out, new Deflater(9, true));
          default -> out -> out;
        };
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream coding = stream.over(out)) {
      coding.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  @ParameterizedTest
  @CsvSource({
    "Content-Encoding: gzip~, gzip",
    "content-encoding: GZip~, gzip",
    "Content-Encoding: x-gzip~, gzip",
    "Content-Encoding: deflate~, zlib",
    "Content-Encoding: deflate~, raw",
    "Content-Encoding: identity~, none",
    "Content-Encoding:~, none",
    "'Content-Encoding: identity, gzip~', gzip",
    "Content-Encoding: identity~Content-Encoding: gzip~, gzip",
  })
  void areDecoded(String header, String coder) {
    RawConnection.Answer answer = post(header, coded(BODY, coder));
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"zstd", "br", "compress", "gzip, gzip", "gzip, deflate", "nonsense", "gzip;q=1"})
  void othersAreRefused(String coding) {
    RawConnection.Answer answer = post("Content-Encoding: " + coding + "~", BODY);
    assertThat(answer.status()).isEqualTo(415);
    assertThat(answer.headers()).containsEntry("accept-encoding", "gzip, deflate");
    assertThat(answer.error().path("message").stringValue())
        .isEqualTo("Content-Encoding: expected identity, or one of gzip, deflate, found " + coding);
  }

  /** A thousandth of what it becomes, which is more than a body may have. */
  @ParameterizedTest
  @CsvSource({"gzip, gzip", "deflate, zlib", "deflate, raw"})
  void bombsAreStopped(String coding, String coder) {
    byte[] blank = new byte[64 << 20];
    Arrays.fill(blank, (byte) ' ');
    byte[] bomb = coded(blank, coder);
    assertThat(bomb).hasSizeLessThan(100_000);
    RawConnection.Answer answer = post("Content-Encoding: " + coding + "~", bomb);
    assertThat(answer.status()).as(answer.body()).isEqualTo(413);
    assertThat(answer.body()).contains("longer than 1048576 bytes");
  }

  @ParameterizedTest
  @CsvSource({"gzip, gzip", "deflate, zlib", "deflate, raw"})
  void whatIsBrokenIsSaidSo(String coding, String coder) {
    byte[] whole = coded(BODY, coder);
    byte[] cut = Arrays.copyOf(whole, whole.length - 12);
    byte[] flipped = whole.clone();
    flipped[whole.length / 2] ^= 0x55;
    for (byte[] body : new byte[][] {cut, flipped, BODY, {}}) {
      RawConnection.Answer answer = post("Content-Encoding: " + coding + "~", body);
      assertThat(answer.status()).as(answer.body()).isEqualTo(400);
      assertThat(answer.error().path("message").stringValue()).isNotBlank();
    }
  }

  @Test
  void theErrorNamesTheCoding() {
    assertThat(post("Content-Encoding: gzip~", BODY).error().path("message").stringValue())
        .isEqualTo(
            "the body is not coded as Content-Encoding says: gzip does not end, or is broken");
  }
}
