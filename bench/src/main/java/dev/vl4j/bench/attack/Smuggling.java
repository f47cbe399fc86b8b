package dev.vl4j.bench.attack;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.List;

/**
 * Requests whose end two readers could see at two places. A second request is hidden behind each; a
 * right server refuses the first and closes the connection.
 */
final class Smuggling {
  private static final String HIDDEN = "GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n";
  private static final String BODY = "{\"query\":\"q\",\"documents\":[\"d\"]}";

  private static final List<String> HEADS =
      List.of(
          "Content-Length: 31\r\nContent-Length: 5\r\n",
          "Content-Length: +31\r\n",
          "Content-Length: 0x1f\r\n",
          "Content-Length: 3 1\r\n",
          "Content-Length: -1\r\n",
          "Content-Length : 31\r\n",
          "Content-Length: 31\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: chunked, identity\r\n",
          "Transfer-Encoding: xchunked\r\n",
          "Transfer-Encoding : chunked\r\n",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
          " Content-Length: 31\r\n");

  private static final List<String> CHUNKS =
      List.of(
          "+1f\r\n" + BODY + "\r\n0\r\n\r\n",
          "0x1f\r\n" + BODY + "\r\n0\r\n\r\n",
          "1f\r\n" + BODY + "XX0\r\n\r\n",
          " 1f\r\n" + BODY + "\r\n0\r\n\r\n",
          "-1\r\n" + BODY + "\r\n0\r\n\r\n",
          "ffffffffffffffff1f\r\n" + BODY + "\r\n0\r\n\r\n",
          "\r\n" + BODY + "\r\n0\r\n\r\n",
          "1f\r" + BODY + "\r\n0\r\n\r\n");

  private Smuggling() {}

  /** Sends each once. */
  static void all(Battle battle) throws IOException {
    for (String head : HEADS) {
      one(battle, head, head + "\r\n" + BODY + HIDDEN);
    }
    for (String chunks : CHUNKS) {
      one(battle, chunks, "Transfer-Encoding: chunked\r\n\r\n" + chunks + HIDDEN);
    }
  }

  /** Shows a request's odd part in one line. */
  private static String shown(String text) {
    return text.replace(BODY, "BODY").replace("\r", "\\r").replace("\n", "\\n");
  }

  private static void one(Battle battle, String odd, String rest) throws IOException {
    try (Peer peer = battle.open()) {
      peer.send(
          "POST /v1/rerank HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              + rest);
      int status = peer.read().status();
      battle.answered(status, 0);
      if (status < 400) {
        battle.complain("\"%s\" is answered with %d".formatted(shown(odd), status));
      } else if (!peer.isClosedWithin(4_000)) {
        battle.complain("\"%s\" leaves the connection open".formatted(shown(odd)));
      }
    } catch (EOFException | SocketException e) {
      // Closed without an answer: harsh, and safe.
      battle.answered(0, 0);
    }
  }
}
