package dev.vl4j.server.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a connection knows of its client when it is accepted. */
@Timeout(30)
class ArrivalTest {
  private static final Peer PEER = Peer.of(InetAddress.getLoopbackAddress());

  private final ByteBuffer scratch = ByteBuffer.allocateDirect(ClientConnection.AHEAD_BYTES);
  private ServerSocketChannel listener;
  private SocketChannel client;
  private SocketChannel accepted;

  @BeforeEach
  void connect() throws IOException {
    listener =
        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    client = SocketChannel.open(listener.getLocalAddress());
    accepted = listener.accept();
    accepted.configureBlocking(false);
  }

  @AfterEach
  void close() throws IOException {
    accepted.close();
    client.close();
    listener.close();
  }

  @Test
  void aClientThatHasSentNothingIsWaitedFor() throws IOException {
    Arrival arrival = Arrival.at(accepted, PEER, scratch);
    assertThat(arrival.peer()).isEqualTo(PEER);
    assertThat(arrival.sent()).isNull();
  }

  @Test
  void whatHasComeIsKept() throws IOException {
    send("GET / HTTP/1.1\r\n");
    somethingCame();
    assertThat(text(Arrival.at(accepted, PEER, scratch).sent())).isEqualTo("GET / HTTP/1.1\r\n");
  }

  @Test
  void whatIsTooMuchStaysInTheConnection() throws IOException {
    String sent = "0123456789".repeat(700);
    send(sent);
    somethingCame();
    StringBuilder read = new StringBuilder(text(Arrival.at(accepted, PEER, scratch).sent()));
    assertThat(read.length()).isBetween(1, ClientConnection.AHEAD_BYTES);
    accepted.configureBlocking(true);
    ByteBuffer rest = ByteBuffer.allocate(sent.length());
    while (read.length() + rest.position() < sent.length() && accepted.read(rest) >= 0) {}
    assertThat(read.append(text(rest.flip()))).hasToString(sent);
  }

  @Test
  void aClientThatHasResetTheConnectionIsGone() throws IOException {
    send("GET / HTTP/1.1\r\n\r\n");
    client.setOption(StandardSocketOptions.SO_LINGER, 0);
    client.close();
    somethingCame();
    assertThatThrownBy(() -> Arrival.at(accepted, PEER, scratch)).isInstanceOf(IOException.class);
  }

  @Test
  void aClientThatHasClosedTheConnectionAtOnceIsGone() throws IOException {
    client.close();
    somethingCame();
    assertThatThrownBy(() -> Arrival.at(accepted, PEER, scratch)).isInstanceOf(EOFException.class);
  }

  /** Its answer can still be read. */
  @Test
  void aClientThatSendsNoMoreIsThere() throws IOException {
    send("GET / HTTP/1.1\r\n\r\n");
    client.shutdownOutput();
    somethingCame();
    assertThat(text(Arrival.at(accepted, PEER, scratch).sent()))
        .isEqualTo("GET / HTTP/1.1\r\n\r\n");
  }

  private void send(String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    while (bytes.hasRemaining()) {
      client.write(bytes);
    }
  }

  private void somethingCame() throws IOException {
    try (Selector selector = Selector.open()) {
      accepted.register(selector, SelectionKey.OP_READ);
      assertThat(selector.select()).isOne();
    }
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.US_ASCII.decode(bytes.duplicate()).toString();
  }
}
