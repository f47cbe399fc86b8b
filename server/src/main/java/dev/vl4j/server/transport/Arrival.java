package dev.vl4j.server.transport;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.util.BufferUtil;
import org.jspecify.annotations.Nullable;

/**
 * A client that has come to a connection's other end.
 *
 * @param sent what it had sent by then, ready to be read, with room for more; null if nothing
 */
record Arrival(Peer peer, @Nullable ByteBuffer sent) {
  /**
   * Reads what has come, and once more, which tells whether the client has reset the connection
   * while it waited to be accepted. Otherwise a connection and a request would be made of it first.
   *
   * @param channel that does not block
   * @param scratch is overwritten; not longer than a connection reads ahead
   * @throws IOException if the client is gone
   */
  static Arrival at(SocketChannel channel, Peer peer, ByteBuffer scratch) throws IOException {
    scratch.clear();
    int first = channel.read(scratch);
    if (first < 0) {
      throw new EOFException("the client has sent nothing and gone");
    }
    if (first == 0) {
      return new Arrival(peer, null);
    }
    if (scratch.hasRemaining()) {
      int _ = channel.read(scratch);
    }
    ByteBuffer sent = BufferUtil.allocate(ClientConnection.AHEAD_BYTES);
    BufferUtil.append(sent, scratch.flip());
    return new Arrival(peer, sent);
  }
}
