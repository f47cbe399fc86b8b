package dev.vl4j.server.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpUrlTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "http://a.example | http | a.example | 80 | /",
        "HTTPS://A.Example:443/x.png?y=%20z#part | https | a.example | 443 | /x.png?y=%20z",
        "http://a.example:8080?q | http | a.example:8080 | 8080 | /?q",
        "http://a.example:/x | http | a.example | 80 | /x",
        "http://a.example./x | http | a.example | 80 | /x",
        "http://a.example//b.example/x | http | a.example | 80 | //b.example/x",
        "http://my_bucket.example/x | http | my_bucket.example | 80 | /x",
        "http://bücher.example/ü?ß | http | xn--bcher-kva.example | 80 | /%C3%BC?%C3%9F",
        "http://BÜCHER.example/x | http | xn--bcher-kva.example | 80 | /x",
        "http://192.0.2.7/x | http | 192.0.2.7 | 80 | /x",
        "http://192.0.2.7./x | http | 192.0.2.7 | 80 | /x",
        "http://[2001:DB8::1]:81/x | http | [2001:db8:0:0:0:0:0:1]:81 | 81 | /x",
        "http://[::ffff:192.0.2.7]/x | http | 192.0.2.7 | 80 | /x",
        "http://１２７.０.０.１/x | http | 127.0.0.1 | 80 | /x",
        "http://a。example/x | http | a.example | 80 | /x",
        "' http://a.example/a b[1].png?y=z [2]#c d ' | http | a.example | 80"
            + " | /a%20b%5B1%5D.png?y=z%20%5B2%5D",
        "http://a.example/%C3%bc%20ü{}^`\"<>\\ | http | a.example | 80"
            + " | /%C3%bc%20%C3%BC%7B%7D%5E%60%22%3C%3E%5C",
        "http://a.example/100%?%zz%2 | http | a.example | 80 | /100%25?%25zz%252",
        "http://a.example/😀?ä=北 京 | http | a.example | 80"
            + " | /%F0%9F%98%80?%C3%A4=%E5%8C%97%20%E4%BA%AC",
        "http://bücher.example:8080/ä b | http | xn--bcher-kva.example:8080 | 8080 | /%C3%A4%20b",
        "http://a.example?a b | http | a.example | 80 | /?a%20b",
        "http://a.example#a b | http | a.example | 80 | /",
      })
  void parts(String text, String scheme, String authority, int port, String target)
      throws FetchException {
    HttpUrl url = HttpUrl.parse(text);
    assertThat(url.scheme()).isEqualTo(scheme);
    assertThat(url.authority()).isEqualTo(authority);
    assertThat(url.port()).isEqualTo(port);
    assertThat(url.target()).isEqualTo(target);
  }

  @Test
  void literals() throws FetchException {
    assertThat(HttpUrl.parse("http://192.0.2.7/x").literal())
        .isEqualTo(InetAddress.ofLiteral("192.0.2.7"));
    assertThat(HttpUrl.parse("http://[::ffff:192.0.2.7]/x").literal())
        .isEqualTo(InetAddress.ofLiteral("192.0.2.7"));
    HttpUrl six = HttpUrl.parse("http://[2001:db8::1]/x");
    assertThat(six.literal()).isEqualTo(InetAddress.ofLiteral("2001:db8::1"));
    assertThat(six.hostName()).isEqualTo("2001:db8:0:0:0:0:0:1");
    assertThat(HttpUrl.parse("http://a.example/x").literal()).isNull();
  }

  /** Other programs read these as addresses, such as 127.0.0.1. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0X7F.1",
        "017700000001",
        "0177.0.0.1",
        "127.0.0.01",
        "127.1",
        "127.0.1",
        "127.0.0.256",
        "127.0.0.1.1",
        "a.example.1",
        "1.2.3.0x4",
        "４.３.２",
      })
  void addressesInOtherSpellings(String host) {
    assertThatThrownBy(() -> HttpUrl.parse("http://" + host + "/x.png"))
        .isInstanceOf(FetchException.class)
        .hasMessage("not a host name: " + host);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ftp://a.example/x | neither an http nor an https URL",
        "file:///etc/passwd | neither an http nor an https URL",
        "//a.example/x | neither an http nor an https URL",
        "x.png | neither an http nor an https URL",
        "http:a.example | the URL has no host",
        "http:/x | the URL has no host",
        "http:///x | ",
        "http://user@a.example/ | the URL has a user name in it",
        "http://user:word@a.example/ | the URL has a user name in it",
        "http://a.example@127.0.0.1/ | the URL has a user name in it",
        "http://a.example:0/ | not a port",
        "http://a.example:65536/ | not a port",
        "http://a.example:999999/ | not a host and port",
        "http://a.example:8x/ | not a host and port",
        "http://a.example:80:80/ | not a host and port",
        "http://a..example/ | not a host name: a..example",
        "http://.example/ | not a host name: .example",
        "http://i3\u05e4=./x | not a host name: i3\u05e4=.",
        "http://a%2eexample/ | not a host name",
        "http://%31%32%37.0.0.1/ | not a host name",
        "http://[fe80::1%25eth0]/ | not a",
        "http://[::1/ | not a URL",
        "http://a b/ | not a URL",
        "http://a.example\\@b.example/ | not a URL",
        "http://a.example／b.example/ | not a host name",
        "http://a.exam ple/ | not a URL",
        "http://a.example[1]/ | not a",
        "http:// a.example/ | not a URL",
        "http:/\\a.example/ | the URL has no host",
        "http:\\\\a.example/ | ",
      })
  void refused(String url, String message) {
    assertThatThrownBy(() -> HttpUrl.parse(url))
        .isInstanceOf(FetchException.class)
        .hasMessageContaining(message == null ? "" : message);
  }

  /** Whatever a client sends, it is a URL or a reason. */
  @Test
  void damagedUrls() {
    long seed = System.nanoTime();
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    String pieces = "http://https:a.example@[]:%2e.0x7f1?#/\\ü。１\u0000\r\n\ud83d\ude00-_xn--";
    for (int i = 0; i < 20_000; i++) {
      StringBuilder url = new StringBuilder(random.nextBoolean() ? "http://" : "https://[");
      for (int length = random.nextInt(12); length > 0; length--) {
        int from = random.nextInt(pieces.length());
        url.append(pieces, from, Math.min(pieces.length(), from + 1 + random.nextInt(3)));
      }
      try {
        HttpUrl parsed = HttpUrl.parse(url.toString());
        assertThat(parsed.host())
            .as("seed %d: %s", seed, url)
            .matches("[a-z0-9._-]+|\\[[0-9a-f:]+]");
        assertThat(parsed.target()).as("seed %d: %s", seed, url).matches("/?[\\x21-\\x7e]*");
      } catch (FetchException _) {
        // Refused, as most are.
      } catch (RuntimeException e) {
        throw new AssertionError("seed %d: %s".formatted(seed, url), e);
      }
    }
  }

  @Test
  void headersCannotBeSmuggled() {
    for (String url :
        new String[] {"http://a.example/x\r\nHost: b", "http://a.example\n/x", "http://a\0/"}) {
      assertThatThrownBy(() -> HttpUrl.parse(url)).isInstanceOf(FetchException.class);
    }
    String longUrl = "http://a.example/" + "x".repeat(HttpUrl.LONGEST);
    assertThatThrownBy(() -> HttpUrl.parse(longUrl)).hasMessageContaining("longer than 8192");
  }

  @ParameterizedTest
  @CsvSource({
    "/y?z, http://a.example:81/y?z",
    "y, http://a.example:81/dir/y",
    "../y, http://a.example:81/y",
    "../../../y?z=/../, http://a.example:81/y?z=/../",
    "../..?z, http://a.example:81/?z",
    "/..y, http://a.example:81/..y",
    "?z, http://a.example:81/dir/x?z",
    "//b.example/y, http://b.example/y",
    "https://b.example/y, https://b.example/y",
    "' y', http://a.example:81/dir/y",
    "'b c/[1] ü.png?q ß#f g', http://a.example:81/dir/b%20c/%5B1%5D%20%C3%BC.png?q%20%C3%9F",
    "'?z ü', http://a.example:81/dir/x?z%20%C3%BC",
    "//bücher.example/ü b, http://xn--bcher-kva.example/%C3%BC%20b",
    "'http://b.example/[1] 2.png', http://b.example/%5B1%5D%202.png",
    "/a|b^c, http://a.example:81/a%7Cb%5Ec",
  })
  void redirects(String location, String expected) throws FetchException {
    HttpUrl from = HttpUrl.parse("http://a.example:81/dir/x?q");
    assertThat(from.resolve(location)).isEqualTo(HttpUrl.parse(expected));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "file:///etc/passwd",
        "data:,x",
        "http://a@b/",
        "http://2130706433/",
        "http://127.0.0.1\\@b.example/",
        "http://a b/",
        "/x\r\ny",
        "/x\0"
      })
  void redirectsThatAreRefused(String location) throws FetchException {
    HttpUrl from = HttpUrl.parse("http://a.example:81/dir/x?q");
    assertThatThrownBy(() -> from.resolve(location)).isInstanceOf(FetchException.class);
  }
}
