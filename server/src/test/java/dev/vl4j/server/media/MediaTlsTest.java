package dev.vl4j.server.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vl4j.server.media.ImageServer.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Over TLS, a host must be who its name says, at whatever address it was found. */
@Timeout(60)
class MediaTlsTest {
  private static final byte[] PICTURE = {1, 2, 3};
  private static final char[] PASSWORD = "changeit".toCharArray();

  @TempDir static Path folder;

  private static SSLContext tls;

  private final ScriptedNames names =
      new ScriptedNames().with("a.example", "127.0.0.1").with("other.example", "127.0.0.1");
  private final AtomicReference<List<SNIServerName>> asked = new AtomicReference<>();
  private ImageServer server;

  /** A certificate for a.example that only those trust who are told to. */
  @BeforeAll
  static void makeCertificate() throws Exception {
    Path file = folder.resolve("keys.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "a",
                "-keyalg",
                "EC",
                "-dname",
                "CN=a.example",
                "-ext",
                "san=dns:a.example",
                "-keystore",
                file.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.log").toFile())
            .start();
    assertThat(keytool.waitFor()).as(Files.readString(folder.resolve("keytool.log"))).isZero();
    KeyStore keys = KeyStore.getInstance(file.toFile(), PASSWORD);
    KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    own.init(keys, PASSWORD);
    KeyStore known = KeyStore.getInstance("PKCS12");
    known.load(null, null);
    known.setCertificateEntry("a", keys.getCertificate("a"));
    TrustManagerFactory trusted =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusted.init(known);
    tls = SSLContext.getInstance("TLS");
    tls.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
  }

  @BeforeEach
  void start() throws IOException {
    server =
        ImageServer.on(
            tls.getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1")),
            (client, out) -> {
              ExtendedSSLSession session = (ExtendedSSLSession) ((SSLSocket) client).getSession();
              asked.set(session.getRequestedServerNames());
              Answer.file("image/png", PICTURE).write(client, out);
            });
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private MediaFetcher fetcher(SSLSocketFactory factory, Duration timeout) {
    return new MediaFetcher(
        MediaSettings.DEFAULT.withTimeout(timeout),
        names,
        _ -> true,
        () -> factory,
        new Semaphore(1));
  }

  private String url(String host) {
    return "https://" + host + ":" + server.port() + "/";
  }

  private MediaException refusal(SSLSocketFactory factory, String url) {
    return catchThrowableOfType(
        MediaException.class,
        () -> fetcher(factory, Duration.ofSeconds(30)).fetch(List.of(url), _ -> {}));
  }

  @Test
  void theHostOfTheCertificate() throws Exception {
    String url = url("a.example");
    assertThat(
            fetcher(tls.getSocketFactory(), Duration.ofSeconds(30))
                .fetch(List.of(url), _ -> {})
                .get(url))
        .isEqualTo(PICTURE);
    assertThat(asked.get()).singleElement().asString().contains("value=a.example");
    assertThat(server.requests.getFirst()).contains("Host: a.example:" + server.port());
  }

  @Test
  void anotherHost() {
    assertThat(refusal(tls.getSocketFactory(), url("other.example")).reason())
        .startsWith("TLS failed: ")
        .contains("other.example");
    assertThat(refusal(tls.getSocketFactory(), url("127.0.0.1")).reason())
        .startsWith("TLS failed: ");
    assertThat(server.requests).isEmpty();
  }

  @Test
  void aCertificateThatNobodyVouchesFor() {
    assertThat(refusal((SSLSocketFactory) SSLSocketFactory.getDefault(), url("a.example")).reason())
        .startsWith("TLS failed: ");
    assertThat(server.requests).isEmpty();
  }

  @Test
  void aServerThatSpeaksNoTls() throws Exception {
    try (ServerSocket plain = listener()) {
      Thread server =
          Thread.ofVirtual()
              .start(() -> {
                try (Socket client = plain.accept()) {
                  client
                      .getOutputStream()
                      .write("HTTP/1.1 200 OK\r\n\r\nabc".getBytes(StandardCharsets.UTF_8));
                  client.getInputStream().readAllBytes();
                } catch (IOException _) {
                  // The client does not want more.
                }
              });
      assertThat(
              refusal(tls.getSocketFactory(), "https://a.example:" + plain.getLocalPort() + "/")
                  .reason())
          .startsWith("TLS failed: ");
      server.join();
    }
  }

  @Test
  void aServerThatDoesNotShakeHands() throws Exception {
    try (ServerSocket silent = listener()) {
      assertThat(
              catchThrowableOfType(
                  MediaException.class,
                  () ->
                      fetcher(tls.getSocketFactory(), Duration.ofMillis(300))
                          .fetch(
                              List.of("https://a.example:" + silent.getLocalPort() + "/"),
                              _ -> {})))
          .hasMessage("not fetched within 0.3 s");
    }
  }

  private static ServerSocket listener() throws IOException {
    return new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
  }

  @Test
  void fromPlainToSecure() throws Exception {
    try (ImageServer plain = ImageServer.start(Answer.redirect(301, url("a.example")))) {
      String url = "http://a.example:" + plain.port() + "/";
      assertThat(
              fetcher(tls.getSocketFactory(), Duration.ofSeconds(30))
                  .fetch(List.of(url), _ -> {})
                  .get(url))
          .isEqualTo(PICTURE);
    }
  }
}
