package dev.vl4j.server.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vl4j.server.media.ImageServer.Answer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a URL may lead: names, addresses, redirects. */
@Timeout(60)
class DestinationTest extends FetchingTest {
  @Test
  void timeIsForAllHopsTogether() {
    AtomicInteger hops = new AtomicInteger();
    assertRefused(
        SETTINGS.withTimeout(Duration.ofSeconds(3)),
        (client, out) -> {
          Thread.sleep(700); // so that the time is over before there are too many hops
          Answer.redirect(302, "/" + hops.incrementAndGet()).write(client, out);
        },
        "after a redirect: not fetched within 3 s");
  }

  @Test
  void namesThatAreNotAnsweredInTime() {
    CountDownLatch never = new CountDownLatch(1);
    MediaFetcher fetcher =
        new MediaFetcher(
            HURRIED,
            _ -> {
              try {
                never.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              return new InetAddress[0];
            },
            allowed::contains,
            () -> null,
            new Semaphore(1));
    assertThat(
            catchThrowableOfType(
                MediaException.class,
                () -> fetcher.fetch(List.of("http://slow.example/"), _ -> {})))
        .hasMessage("not fetched within 0.3 s");
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void redirectsAreFollowed(int status) throws Exception {
    server.answer((client, out) -> {
      Answer answer =
          server.requests.size() > 1
              ? Answer.file("image/png", PICTURE)
              : Answer.redirect(status, "../y.png?z");
      answer.write(client, out);
    });
    assertThat(fetch(SETTINGS)).isEqualTo(PICTURE);
    assertThat(server.requests.getLast()).startsWith("GET /y.png?z HTTP/1.1\r\n");
  }

  /** As servers write it: bytes of UTF-8, blanks and brackets. */
  @Test
  void redirectsAreQuoted() throws Exception {
    String location =
        new String(
            "/bücher [1].png?a=ß c".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    Answer first = Answer.redirect(302, location);
    server.answer((client, out) -> {
      server.answer(Answer.file("image/png", PICTURE));
      first.write(client, out);
    });
    assertThat(fetch(SETTINGS)).isEqualTo(PICTURE);
    assertThat(server.requests.getLast())
        .startsWith("GET /b%C3%BCcher%20%5B1%5D.png?a=%C3%9F%20c HTTP/1.1\r\n");
  }

  @Test
  void redirectsInACircle() {
    assertRefused(SETTINGS, Answer.redirect(302, "/x.png"), "more than 5 redirects");
    assertThat(server.requests).hasSize(6);
  }

  @ParameterizedTest
  @CsvSource({
    "file:///etc/passwd, neither an http nor an https URL",
    "ftp://a.example/, neither an http nor an https URL",
    "http://user@a.example/, the URL has a user name in it",
    "http://2130706433/, not a host name: 2130706433",
    "http://127.0.0.1:1/, the host is unknown or has no public address",
    "http://[::1]/, the host is unknown or has no public address",
    "http://169.254.169.254/latest, the host is unknown or has no public address",
    "http://unknown.example/, the host is unknown or has no public address",
    "'http://a b/', redirected to what is not a URL",
  })
  void redirectsThatAreNotFollowed(String location, String reason) {
    assertRefused(SETTINGS, Answer.redirect(302, location), "after a redirect: " + reason);
    assertThat(server.requests).hasSize(1);
  }

  @Test
  void redirectsMayBeForbidden() {
    assertRefused(
        SETTINGS.withRedirects(false),
        Answer.redirect(307, "/y.png"),
        "status 307, and redirects are not followed");
    assertThat(server.requests).hasSize(1);
  }

  @Test
  void allowedDomains() throws Exception {
    names.with("b.example", "127.0.0.1").with("xn--bcher-kva.example", "127.0.0.1");
    MediaSettings settings =
        SETTINGS.withDomains(List.of("A.Example", "BÜCHER.example", "127.0.0.1"));
    String port = ":" + server.port() + "/";
    for (String host :
        List.of("a.example", "A.EXAMPLE", "a.example.", "bücher.example", "127.0.0.1")) {
      String url = "http://" + host + port;
      assertThat(fetcher(settings).fetch(List.of(url), _ -> {})).containsKey(url);
    }
    int before = server.requests.size();
    int asked = names.asked.size();
    for (String host : List.of("b.example", "sub.a.example", "example", "127.0.0.2")) {
      assertThat(refusal(settings, "http://" + host + port))
          .hasMessage("the host is none of the allowed media domains");
    }
    assertThat(server.requests).hasSize(before);
    assertThat(names.asked).hasSize(asked);
    assertRefused(
        settings,
        Answer.redirect(302, "http://b.example" + port),
        "after a redirect: the host is none of the allowed media domains");
  }

  /** The second answer of a look-up is never asked for, so it cannot be another one. */
  @Test
  void theAddressThatWasCheckedIsConnectedTo() throws Exception {
    names.with("rebinding.example", "127.0.0.1").with("rebinding.example", "127.0.0.2");
    try (ImageServer inside =
        ImageServer.beside(server, Answer.file("image/png", new byte[] {1}))) {
      String url = "http://rebinding.example:" + server.port() + "/";
      assertThat(fetcher(SETTINGS).fetch(List.of(url), _ -> {}).get(url)).isEqualTo(PICTURE);
      assertThat(names.asked).containsExactly("rebinding.example");
      assertThat(server.requests.getFirst()).contains("Host: rebinding.example:" + server.port());

      assertThat(refusal(SETTINGS, url))
          .as("now that the name leads inside")
          .hasMessage("the host is unknown or has no public address");
      assertThat(inside.requests).isEmpty();
    }
  }

  @Test
  void aRedirectToTheSameNameIsCheckedAgain() {
    names.with("rebinding.example", "127.0.0.1").with("rebinding.example", "127.0.0.2");
    try (ImageServer inside = ImageServer.beside(server, Answer.file("image/png", PICTURE))) {
      server.answer(Answer.redirect(302, "/y.png"));
      assertThat(refusal(SETTINGS, "http://rebinding.example:" + server.port() + "/"))
          .hasMessage("after a redirect: the host is unknown or has no public address");
      assertThat(inside.requests).isEmpty();
    }
  }

  @Test
  void oneForbiddenAddressIsEnough() {
    names.with("mixed.example", "127.0.0.1", "127.0.0.2");
    assertThat(refusal(SETTINGS, "http://mixed.example:" + server.port() + "/"))
        .hasMessage("the host is unknown or has no public address");
    assertThat(server.requests).isEmpty();
  }

  @Test
  void addressesThatDoNotAnswerAreLeftForOthers() throws Exception {
    allowed.add(new InetSocketAddress("127.0.0.2", server.port()));
    names.with("two.example", "127.0.0.2", "127.0.0.1");
    String url = "http://two.example:" + server.port() + "/";
    assertThat(fetcher(SETTINGS).fetch(List.of(url), _ -> {}).get(url)).isEqualTo(PICTURE);
  }

  /** The real judgement of addresses, on names and on the addresses themselves. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "198.18.0.1",
        "203.0.113.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fd00::1",
        "fe80::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::127.0.0.1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
      })
  void specialAddresses(String address) {
    ScriptedNames inside = new ScriptedNames().with("inside.example", address);
    MediaFetcher fetcher =
        new MediaFetcher(
            SETTINGS,
            inside,
            to -> PublicAddresses.contains(to.getAddress()),
            () -> null,
            new Semaphore(1));
    String literal = address.contains(":") ? "[" + address + "]" : address;
    for (String host : List.of("inside.example", literal)) {
      String url = "http://" + host + ":" + server.port() + "/";
      assertThat(
              catchThrowableOfType(
                  MediaException.class, () -> fetcher.fetch(List.of(url), _ -> {})))
          .hasMessage("the host is unknown or has no public address");
    }
    assertThat(server.requests).isEmpty();
  }

  @Test
  void privateAddressesMayBeAllowed() throws Exception {
    String url = server.url("/x.png");
    assertThat(
            catchThrowableOfType(
                MediaException.class,
                () -> new MediaFetcher(SETTINGS).fetch(List.of(url), _ -> {})))
        .hasMessage("the host is unknown or has no public address");
    assertThat(server.requests).isEmpty();
    assertThat(
            new MediaFetcher(SETTINGS.withPrivateAddresses(true))
                .fetch(List.of(url), _ -> {})
                .get(url))
        .isEqualTo(PICTURE);
  }

  @Test
  void noProxyIsAsked() throws Exception {
    try (ImageServer proxy = ImageServer.start(Answer.file("image/png", new byte[] {1}))) {
      Map<String, String> properties =
          Map.of(
              "socksProxyHost", "127.0.0.1",
              "socksProxyPort", Integer.toString(proxy.port()),
              "http.proxyHost", "127.0.0.1",
              "http.proxyPort", Integer.toString(proxy.port()),
              "http.nonProxyHosts", "");
      properties.forEach(System::setProperty);
      try {
        assertThat(fetch(SETTINGS)).isEqualTo(PICTURE);
      } finally {
        properties.keySet().forEach(System::clearProperty);
      }
      assertThat(proxy.requests).isEmpty();
    }
  }
}
