package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** HTTP/1.1 as RFC 9112 has it, and HTTP/1.0: bytes that are sent, and what is right for them. */
@Timeout(120)
class Http11Test {
  private static final boolean OPEN = false;
  private static final boolean ENDED = true;

  private static final String GET = "GET /version HTTP/1.1~Host: a~";
  private static final String BODY = "{'query':'q','documents':['a']}".replace('\'', '"');
  private static final String POST =
      "POST /v1/rerank HTTP/1.1~Host: a~Content-Type: application/json~";
  private static final String LENGTH = "Content-Length: " + BODY.length();
  private static final String CHUNKED = POST + "Transfer-Encoding: chunked~~";
  private static final String SIZE = Integer.toHexString(BODY.length());

  private static LiveServer server;

  /**
   * What is sent.
   *
   * @param status of the answer
   * @param ended whether the server ends the connection
   * @param words that the reason has in it
   */
  record Case(String sent, int status, boolean ended, String words) {
    @Override
    public String toString() {
      return status + " " + sent.substring(0, Math.min(150, sent.length()));
    }
  }

  private static final List<Case> CASES = new ArrayList<>();

  private static void add(String sent, int status, boolean ended) {
    CASES.add(new Case(sent, status, ended, ""));
  }

  private static void bad(String sent, String words) {
    CASES.add(new Case(sent, 400, ENDED, words));
  }

  static {
    persistence();
    targets();
    heads();
    hosts();
    lengths();
    chunks();
    refusals();
  }

  private static void persistence() {
    add(GET + "~", 200, OPEN);
    add(GET + "Connection: close~~", 200, ENDED);
    add(GET + "Connection: Keep-Alive, Close~~", 200, ENDED);
    add(GET + "connection: x~Connection:close~~", 200, ENDED);
    add(POST + LENGTH + "~Connection: close~~" + BODY, 200, ENDED);
    add("GET /version HTTP/1.0~~", 200, ENDED);
    add("GET /version HTTP/1.0~Host: a~~", 200, ENDED);
    add("GET /version HTTP/1.0~Connection: keep-alive~~", 200, OPEN);
    add(POST.replace("1.1", "1.0") + LENGTH + "~~" + BODY, 200, ENDED);
    add(POST.replace("1.1", "1.0") + LENGTH + "~Connection: keep-alive~~" + BODY, 200, OPEN);
    add("~" + GET + "~", 200, OPEN);
    add("~~" + GET + "~", 200, OPEN);
  }

  private static void targets() {
    add("GET http://a/version HTTP/1.1~Host: a~~", 200, OPEN);
    add("GET http://b:81/version HTTP/1.1~Host: a~~", 200, OPEN); // the target's host wins
    add("GET HTTP://A/version?x=1 HTTP/1.1~Host: a~~", 200, OPEN);
    add("GET http://a HTTP/1.1~Host: a~~", 200, OPEN);
    add("GET /version?a[]=1&rate=100% HTTP/1.1~Host: a~~", 200, OPEN);
    add("GET /version?a=<\u00e4>|^ HTTP/1.1~Host: a~~", 200, OPEN);
    add("GET /version/ HTTP/1.1~Host: a~~", 200, OPEN);
    add(
        "POST /v1/rerank/ HTTP/1.1~Host: a~Content-Type: application/json~" + LENGTH + "~~" + BODY,
        200,
        OPEN);
    add("GET /health/?x HTTP/1.1~Host: a~~", 200, OPEN);
    add("GET /health// HTTP/1.1~Host: a~~", 404, OPEN);
    add("GET //health HTTP/1.1~Host: a~~", 404, OPEN);
    add("GET /x/../health HTTP/1.1~Host: a~~", 404, OPEN);
    add("GET /v1%2fmodels HTTP/1.1~Host: a~~", 404, OPEN);
    add("GET /health;a HTTP/1.1~Host: a~~", 404, OPEN);
    add("OPTIONS * HTTP/1.1~Host: a~~", 404, OPEN);
    add("CONNECT a:1 HTTP/1.1~Host: a:1~~", 405, OPEN);
    bad("GET * HTTP/1.1~Host: a~~", "neither a path nor a URL");
    bad("GET /%zz HTTP/1.1~Host: a~~", "target");
    bad("GET /%00 HTTP/1.1~Host: a~~", "target");
    bad("GET /../x HTTP/1.1~Host: a~~", "target");
    bad("GET /a b HTTP/1.1~Host: a~~", "' '");
  }

  private static void heads() {
    bad("GET /version HTTP/1.1~Host : a~~", "' '");
    bad("GET /version HTTP/1.1~ Host: a~~", "white space");
    bad(GET + "A: b~ c~~", "white space");
    bad(GET + "A: b~\tc~~", "white space");
    bad(GET + "nonsense~~", "a line ends too early");
    bad(GET + ": x~~", "no name");
    bad(GET + "a@b: x~~", "'@'");
    bad(GET + "A: \0~~", "0x0");
    bad(GET + "A: b\rc~~", "carriage return");
    bad("GET /version HTTP/1.1\nHost: a\n\n", "carriage return");
    bad(GET.substring(0, GET.length() - 1) + "\n~", "carriage return");
    bad("GARBAGE~~", "no target");
    bad("G\u00e4T / HTTP/1.1~Host: a~~", "0xe4");
    bad("\026\003\001\002\000\001\000", "TLS");
    bad("GET /version HTTP/1.1 ~Host: a~~", "' '");
    add("PRI * HTTP/2.0~~SM~~", 505, ENDED);
    add("GET /version HTTP/2.0~Host: a~~", 505, ENDED);
    add("GET /version HTTP/9.9~Host: a~~", 505, ENDED);
    add("GET /version~~", 505, ENDED);
    CASES.add(new Case("GET /" + "a".repeat(20_000) + " HTTP/1.1~Host: a~~", 414, ENDED, "16384"));
    CASES.add(new Case(GET + "A: " + "a".repeat(20_000) + "~~", 431, ENDED, "16384"));
    CASES.add(new Case(GET + "A: b~".repeat(5_000) + "~", 431, ENDED, "16384"));
    CASES.add(new Case(POST + "Expect: tea~" + LENGTH + "~~" + BODY, 417, ENDED, "100-continue"));
    add(POST + "Expect: 100-continue~" + LENGTH + "~~" + BODY, 200, OPEN);
    add(GET + "Upgrade: h2c~Connection: Upgrade, HTTP2-Settings~HTTP2-Settings: AA~~", 200, OPEN);
  }

  private static void hosts() {
    bad("GET /version HTTP/1.1~~", "no Host");
    bad("GET /version HTTP/1.1~Host: a~Host: a~~", "more than one Host");
    bad("GET /version HTTP/1.1~Host: a, b~~", "no host and port");
    bad("GET /version HTTP/1.1~Host:~~", "Host header is empty");
    bad("GET /version HTTP/1.1~Host: a b~~", "no host and port");
    bad("GET /version HTTP/1.1~Host: a/b~~", "no host and port");
    bad("GET /version HTTP/1.1~Host: u@a~~", "no host and port");
    bad("GET /version HTTP/1.1~Host: a:70000~~", "no host and port");
    add("GET /version HTTP/1.1~Host: [::1]:80~~", 200, OPEN);
    add("GET /version HTTP/1.1~hOST: a_b.c:1~~", 200, OPEN);
  }

  private static void lengths() {
    add(POST + LENGTH + "~~" + BODY, 200, OPEN);
    bad(POST + LENGTH + "~" + LENGTH + "~~" + BODY, "more than one Content-Length");
    bad(POST + LENGTH + "~Content-Length: 3~~" + BODY, "more than one Content-Length");
    for (String length : List.of("3, 3", "+3", "-3", "0x3", "3 3", "3.0", "", "x")) {
      bad(POST + "Content-Length: " + length + "~~abc", "no number of bytes");
    }
    bad(POST + "Content-Length: 99999999999999999999~~abc", "malformed");
    String both = "Transfer-Encoding: chunked~" + LENGTH;
    bad(POST + both + "~~" + BODY, "Content-Length and Transfer-Encoding");
    bad(POST + LENGTH + "~Transfer-Encoding: chunked~~0~~", "Content-Length and Transfer-Encoding");
    CASES.add(new Case(POST + "Content-Length: 99999999~~", 413, ENDED, "1048576 bytes"));
  }

  private static void chunks() {
    String rest = "~" + BODY + "~0~~";
    add(CHUNKED + SIZE + rest, 200, OPEN);
    add(CHUNKED + "00" + SIZE.toUpperCase(java.util.Locale.ROOT) + rest, 200, OPEN);
    add(CHUNKED + SIZE + ";name=value" + rest, 200, OPEN);
    add(CHUNKED + SIZE + ";a=\"b;c\";d" + "~" + BODY + "~0;x~~", 200, OPEN);
    add(CHUNKED + SIZE + "~" + BODY + "~0~A: b~C: d~~", 200, OPEN);
    add(
        CHUNKED
            + "1~{~"
            + Integer.toHexString(BODY.length() - 1)
            + "~"
            + BODY.substring(1)
            + "~0~~",
        200,
        OPEN);
    add(CHUNKED.replace("chunked", "CHUNKED") + SIZE + rest, 200, OPEN);
    for (String size :
        List.of(
            "+" + SIZE,
            "-" + SIZE,
            "0x" + SIZE,
            " " + SIZE,
            SIZE + " ",
            "zz",
            "",
            "~" + SIZE,
            "fffffffffffffffff",
            SIZE + "\n",
            SIZE + ";a\n")) {
      bad(CHUNKED + size + rest, "a chunk's length");
    }
    for (String end : List.of("XX~0~~", "0~~", "XX0~~", "\n0~~", "\r0~~", "~~0~~")) {
      bad(CHUNKED + SIZE + "~" + BODY + end, "a chunk's length");
    }
    bad(CHUNKED + SIZE + "~" + BODY + "~0~nonsense~~", "trailer");
    bad(CHUNKED + SIZE + "~" + BODY + "~0~A : b~~", "trailer");
    String coding = POST + "Transfer-Encoding: ";
    for (String value :
        List.of(
            "chunked, chunked",
            "identity",
            "xchunked",
            "chunked, gzip",
            "\"chunked\"",
            "chunked~Transfer-Encoding: chunked",
            "")) {
      bad(coding + value + "~~" + SIZE + rest, "Transfer-Encoding");
    }
    bad(POST + "Transfer-Encoding : chunked~~" + SIZE + rest, "' '");
    bad(POST + "Transfer-Encoding:\013chunked~~" + SIZE + rest, "0xb");
    bad(CHUNKED.replace("1.1", "1.0") + SIZE + rest, "HTTP/1.0 has no Transfer-Encoding");
    CASES.add(new Case(coding + "gzip, chunked~~" + SIZE + rest, 501, ENDED, "expected chunked"));
  }

  /** What is refused before its body is read leaves the connection in order, or ends it. */
  private static void refusals() {
    add("POST /nowhere HTTP/1.1~Host: a~" + LENGTH + "~~" + BODY, 404, OPEN);
    add("PUT /v1/rerank HTTP/1.1~Host: a~" + LENGTH + "~~" + BODY, 405, OPEN);
    add("POST /ping HTTP/1.1~Host: a~" + LENGTH + "~~" + BODY, 200, OPEN);
    add("POST /ping HTTP/1.1~Host: a~Content-Length: 99~~" + BODY, 200, ENDED);
    add(POST + "Expect: 100-continue~Content-Length: 99999999~~", 413, ENDED);
    add("POST /nowhere HTTP/1.1~Host: a~Expect: 100-continue~Content-Length: 9~~", 404, ENDED);
    add("POST /nowhere HTTP/1.1~Host: a~Transfer-Encoding: chunked~~+5~", 404, ENDED);
  }

  static List<Case> cases() {
    return CASES;
  }

  @BeforeAll
  static void start() {
    ScriptedReranker engine = new ScriptedReranker();
    engine.next = () -> CompletableFuture.completedFuture(ScriptedReranker.ranking(1));
    server = LiveServer.of(engine);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isAnsweredOnce(Case one) throws IOException {
    try (RawConnection connection = new RawConnection(server.server.port())) {
      RawConnection.Answer answer = connection.send(one.sent).answer();
      assertThat(answer).isNotNull();
      assertThat(answer.status()).as(answer.body()).isEqualTo(one.status);
      if (one.status >= 400) {
        assertThat(answer.headers()).containsEntry("content-type", "application/json");
        assertThat(answer.error().path("message").stringValue()).isNotBlank().contains(one.words);
        assertThat(answer.error().path("code").intValue()).isEqualTo(one.status);
      }
      assertThat(connection.isEnded()).isEqualTo(one.ended);
    }
  }

  /** However the bytes are cut into packets. */
  @ParameterizedTest
  @MethodSource("cases")
  void isAnsweredAlikeInPieces(Case one) throws IOException {
    byte[] bytes = RawConnection.bytes(one.sent);
    int cut = bytes.length / 3;
    try (RawConnection connection = new RawConnection(server.server.port())) {
      connection.send(java.util.Arrays.copyOf(bytes, cut));
      try {
        connection.send(java.util.Arrays.copyOfRange(bytes, cut, bytes.length));
      } catch (java.net.SocketException _) {
        // The first piece was refused already.
      }
      RawConnection.Answer answer = connection.answer();
      assertThat(answer).isNotNull();
      assertThat(answer.status()).as(answer.body()).isEqualTo(one.status);
    }
  }
}
