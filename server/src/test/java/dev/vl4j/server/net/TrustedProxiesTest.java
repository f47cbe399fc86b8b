package dev.vl4j.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** As uvicorn's middleware for proxies' headers, but that it does not compare ports. */
class TrustedProxiesTest {
  private static InetAddress address(String text) {
    return InetAddress.ofLiteral(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "127.0.0.1               | 192.0.2.1                      | 192.0.2.1",
        "127.0.0.1               | 192.0.2.1, 192.0.2.2           | 192.0.2.2",
        "127.0.0.1, 192.0.2.2    | 192.0.2.1, 192.0.2.2           | 192.0.2.1",
        "127.0.0.1,10.0.0.0/8    | 1.1.1.1,192.0.2.1,10.1.2.3     | 192.0.2.1",
        "10.0.0.0/8              | 10.0.0.1, 10.0.0.2             | 10.0.0.1",
        "2001:db8::/32           | 192.0.2.1, 2001:db8::7          | 192.0.2.1",
        "10.0.0.0/8              | 192.0.2.1:4711, [10.0.0.2]:80   | 192.0.2.1",
        "10.0.0.0/8              | [2001:db8::1]:4711              | 2001:db8::1",
        "10.0.0.0/8              | 2001:db8::1                     | 2001:db8::1",
        "10.0.0.0/8              | ::ffff:192.0.2.1, ::ffff:10.0.0.1 | 192.0.2.1",
        "*                       | 192.0.2.1, 192.0.2.2            | 192.0.2.1",
        "127.0.0.1               | 192.0.2.1, unknown              |",
        "127.0.0.1               | host.example                    |",
        "127.0.0.1               | 192.0.2.1,                      |",
        "*                       | unknown, 192.0.2.2              |",
      })
  void whoAsks(String trusted, String forwardedFor, String client) {
    assertThat(TrustedProxies.of(trusted).client(forwardedFor))
        .isEqualTo(client == null ? null : address(client));
  }

  @Test
  void whoIsBelieved() {
    TrustedProxies some = TrustedProxies.of("127.0.0.1, 10.0.0.0/8,2001:db8::1");
    assertThat(some.contains(address("127.0.0.1"))).isTrue();
    assertThat(some.contains(address("10.255.0.1"))).isTrue();
    assertThat(some.contains(address("2001:db8::1"))).isTrue();
    assertThat(some.contains(address("::1"))).isFalse();
    assertThat(some.contains(address("127.0.0.2"))).isFalse();
    assertThat(TrustedProxies.of("*").contains(address("192.0.2.1"))).isTrue();
    assertThat(TrustedProxies.of("").contains(address("127.0.0.1"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"proxy", "10.0.0.0/33", "10.0.0.1 10.0.0.2", "*,10.0.0.1", "/tmp/socket"})
  void whatIsNoAddress(String text) {
    assertThatThrownBy(() -> TrustedProxies.of(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
