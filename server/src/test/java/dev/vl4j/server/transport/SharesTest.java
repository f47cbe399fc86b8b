package dev.vl4j.server.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.OverloadedException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class SharesTest {
  private static Peer peer(String address) {
    return Peer.of(InetAddress.ofLiteral(address));
  }

  private static final Peer ONE = peer("10.0.0.1");
  private static final Peer TWO = peer("10.0.0.2");

  @Test
  void oneGetsThreeQuarters() {
    Shares shares = new Shares(8);
    assertThat(shares.take(ONE, 6)).isTrue();
    assertThat(shares.take(ONE, 1)).isFalse();
    assertThat(shares.take(TWO, 3)).isFalse();
    assertThat(shares.take(TWO, 2)).isTrue();
    assertThat(shares.taken()).isEqualTo(8);
    assertThat(shares.taken(ONE)).isEqualTo(6);
    shares.give(ONE, 6);
    shares.give(TWO, 2);
    assertThat(shares.taken()).isZero();
    assertThat(shares.taken(ONE)).isZero();
  }

  @Test
  void fewThingsAreNotShared() {
    Shares shares = new Shares(3);
    assertThat(shares.take(ONE, 3)).isTrue();
    assertThat(shares.take(TWO, 1)).isFalse();
  }

  @Test
  void aNetworkOfIpv6IsOnePeer() {
    Shares shares = new Shares(8);
    assertThat(shares.take(peer("2001:db8:0:1::1"), 6)).isTrue();
    assertThat(shares.take(peer("2001:db8:0:1:ffff::2"), 1)).isFalse();
    assertThat(shares.take(peer("2001:db8:0:2::1"), 1)).isTrue();
  }

  @Test
  void oneMayHaveWhatIsMeantForOne() {
    for (long share = 1; share < 50; share++) {
      Shares shares = Shares.withShare(share);
      assertThat(shares.take(ONE, share)).as("%d", share).isTrue();
      assertThat(shares.take(TWO, share / 3)).as("%d", share).isTrue();
    }
  }

  /** Pictures behind a request's URLs count like its body, and may arrive when it is over. */
  @Test
  void aRequestGivesBackWhatItTook() {
    Shares memory = new Shares(100);
    RequestBody body = new RequestBody(memory, ONE, 80);
    body.add(ByteBuffer.allocate(40));
    body.take(35);
    assertThatThrownBy(() -> body.take(1))
        .isInstanceOf(OverloadedException.class)
        .hasMessageContaining("no more is taken in");
    assertThat(memory.taken()).isEqualTo(75);
    body.release();
    assertThat(memory.taken()).isZero();
    assertThatThrownBy(() -> body.take(1)).isInstanceOf(IllegalStateException.class);
    assertThat(memory.taken()).isZero();
  }
}
