package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.server.transport.Patience;
import dev.vl4j.server.transport.TlsIdentity;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is so without TLS is so with it. */
@Timeout(60)
class TlsTest {
  private static final String BODY = "{\"query\":\"q\",\"documents\":[\"a\"]}";

  private final ScriptedReranker engine = new ScriptedReranker();

  private static Path file(String name) throws URISyntaxException {
    return Path.of(Objects.requireNonNull(TlsIdentity.class.getResource(name), name).toURI());
  }

  private static TlsIdentity identity(String kind) throws Exception {
    return TlsIdentity.read(file(kind + ".crt"), file(kind + ".key"), null);
  }

  private static ServerOptions.Builder options() throws Exception {
    return LiveServer.builder().identity(identity("ec"));
  }

  /** Trusts the root that the server does not send, so the chain has to be whole. */
  private static SSLContext client() throws Exception {
    KeyStore known = KeyStore.getInstance("PKCS12");
    known.load(null, null);
    try (InputStream in = TlsIdentity.class.getResourceAsStream("root.crt")) {
      known.setCertificateEntry(
          "root", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trusted =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusted.init(known);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trusted.getTrustManagers(), null);
    return context;
  }

  private static RawConnection connect(LiveServer server) throws Exception {
    return new RawConnection(
        client().getSocketFactory().createSocket("127.0.0.1", server.server.port()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rsa", "ec", "ed25519"})
  void requestsAndAnswers(String kind) throws Exception {
    engine.next = () -> CompletableFuture.completedFuture(ScriptedReranker.ranking(1));
    ServerOptions options = LiveServer.builder().identity(identity(kind)).build();
    try (LiveServer server = LiveServer.of(engine, options);
        HttpClient https = HttpClient.newBuilder().sslContext(client()).build()) {
      String address = "https://localhost:" + server.server.port();
      String large = BODY.replace("q\"", "q".repeat(300_000) + "\"");
      for (String body : new String[] {BODY, large, BODY}) {
        HttpResponse<String> answer =
            https.send(
                HttpRequest.newBuilder(URI.create(address + "/v1/rerank"))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).contains("relevance_score");
        assertThat(answer.sslSession().orElseThrow().getProtocol()).isEqualTo("TLSv1.3");
      }
      server.awaitLog("scheme=https method=POST path=/v1/rerank status=200");
    }
  }

  @Test
  void anOlderVersionOfTls() throws Exception {
    try (LiveServer server = LiveServer.of(engine, options().build())) {
      SSLSocket socket =
          (SSLSocket) client().getSocketFactory().createSocket("localhost", server.server.port());
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      try (RawConnection connection = new RawConnection(socket)) {
        RawConnection.Answer answer = connection.send("GET /health HTTP/1.1~Host: a~~").answer();
        assertThat(answer).isNotNull();
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.2");
      }
    }
  }

  @Test
  void aClientThatHangsUpCancelsItsRequest() throws Exception {
    try (LiveServer server = LiveServer.of(engine, options().build())) {
      try (RawConnection connection = connect(server)) {
        connection.send(RawConnection.post("/v1/rerank", BODY));
        Waiting.until(() -> !engine.submitted.isEmpty());
        assertThat(engine.submitted.getFirst().isDone()).isFalse();
      }
      Waiting.until(() -> engine.submitted.getFirst().isCancelled());
      server.awaitLog("status=499");
    }
  }

  @Test
  void aHeadThatIsTooSlow() throws Exception {
    ServerOptions options =
        options().patience(Patience.DEFAULT.withHead(Duration.ofSeconds(4))).build();
    try (LiveServer server = LiveServer.of(engine, options);
        RawConnection connection = connect(server)) {
      // The time of shaking hands is none of a head's.
      assertThat(connection.send("GET /health HTTP/1.1~Host: a~~").answer().status())
          .isEqualTo(200);
      Thread.sleep(4500);
      assertThat(connection.send("GET /health HTTP/1.1~Host: a~~").answer().status())
          .isEqualTo(200);
      RawConnection.Answer answer = connection.send("GET /health HTTP/1.1~").answer();
      assertThat(answer).isNotNull();
      assertThat(answer.status()).isEqualTo(408);
    }
  }

  /** Who never shakes hands is not waited for, and who speaks no TLS gets no answer. */
  @Test
  void whatIsNoTls() throws Exception {
    ServerOptions options =
        options().patience(Patience.DEFAULT.withHead(Duration.ofSeconds(2))).build();
    try (LiveServer server = LiveServer.of(engine, options);
        RawConnection plain = new RawConnection(server.server.port());
        RawConnection slow = new RawConnection(server.server.port())) {
      assertThat(plain.send("GET /health HTTP/1.1~Host: a~~").rest()).doesNotContain("HTTP/1.1");
      slow.send(new byte[] {0x16, 0x03, 0x01});
      assertThat(slow.rest()).doesNotContain("HTTP/1.1");
      Waiting.until(() -> server.server.connections() == 0);
    }
  }

  @Test
  void whoeverDoesNotKnowTheRootDoesNotConnect() throws Exception {
    try (LiveServer server = LiveServer.of(engine, options().build())) {
      SSLSocket socket =
          (SSLSocket)
              SSLContext.getDefault()
                  .getSocketFactory()
                  .createSocket("127.0.0.1", server.server.port());
      try (socket) {
        assertThatThrownBy(socket::startHandshake).isInstanceOf(IOException.class);
      }
      try (RawConnection other = connect(server)) {
        assertThat(other.send("GET /health HTTP/1.1~Host: a~~").answer().status()).isEqualTo(200);
      }
    }
  }
}
