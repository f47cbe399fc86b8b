package dev.vl4j.bench.attack;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** Connections that are many, slow, or not HTTP. */
final class ConnectionAttacks {
  private static final int FILE_LIMIT = 1024;
  private static final String RERANK = "/v1/rerank";
  private static final String SMALL = "{\"query\":\"q\",\"documents\":[\"d\"]}";

  private ConnectionAttacks() {}

  static List<Attack> all() {
    List<Attack> attacks = new ArrayList<>();
    attacks.add(
        Attack.of(
                "idle-connections",
                "1,100 idle connections to a server of 1,024 files, closed again",
                ConnectionAttacks::idle)
            .on(new Attack.Setting(List.of(), FILE_LIMIT)));
    attacks.add(
        Attack.of(
            "slow-heads",
            "200 heads, a byte each second",
            battle -> slowly(battle, 200, "POST /v1/rerank HTTP/1.1\r\nHost: localhost\r\nX: ")));
    attacks.add(
        Attack.of(
            "slow-bodies",
            "50 bodies, a byte each second",
            battle -> slowly(battle, 50, Peer.head(RERANK, 1_000_000))));
    attacks.add(
        Attack.of(
            "stopped-bodies",
            "50 bodies of 10 bytes that never end",
            battle -> {
              for (int i = 0; i < 50; i++) {
                battle.open().send(Peer.head(RERANK, 1_000_000) + "{\"query\":\"");
              }
              battle.waitForEnd();
            }));
    attacks.add(
        Attack.of(
            "withheld-body",
            "128 MiB announced, all but 2,000 bytes sent",
            battle -> {
              battle.everybody(2, () -> withheld(battle));
            }));
    attacks.add(
        Attack.of(
            "slow-readers",
            "20 clients that ask for 2,000 documents four times and never read",
            ConnectionAttacks::slowReaders));
    attacks.add(
        Attack.of(
            "resets",
            "requests that are reset once they are sent",
            battle ->
                battle.everybody(
                    8,
                    () -> {
                      Peer peer = battle.open();
                      peer.send(Peer.head(RERANK, SMALL.length()) + SMALL);
                      peer.reset();
                    })));
    attacks.add(
        Attack.of(
            "leaving",
            "heavy requests whose clients leave after 50 ms",
            battle ->
                battle.everybody(
                    4,
                    () -> {
                      try (Peer peer = battle.open()) {
                        byte[] body = TextAttacks.documents(2_000);
                        peer.post(RERANK, body);
                        Thread.sleep(50);
                      }
                    })));
    attacks.add(
        Attack.of(
            "health-flood",
            "/health as fast as 16 connections can",
            battle -> flood(battle, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", 16)));
    attacks.add(
        Attack.of(
            "options-flood",
            "OPTIONS as fast as 16 connections can",
            battle ->
                flood(
                    battle,
                    lines(
                        "OPTIONS /v1/rerank HTTP/1.1",
                        "Host: localhost",
                        "Origin: http://a.example",
                        "Access-Control-Request-Method: POST"),
                    16)));
    attacks.add(
        Attack.of(
            "connect-flood",
            "connections opened, asked once and closed, by 16 clients",
            battle ->
                battle.everybody(
                    16,
                    () -> {
                      try (Peer peer = battle.open()) {
                        battle.answered(peer.get("/version").status(), 0);
                      }
                    })));
    attacks.add(
        Attack.of(
            "gzip-bomb",
            "1 GB of blanks in a gzip body",
            battle -> {
              byte[] body = gzipBlanks(1L << 30);
              byte[] head =
                  lines(
                          "POST " + RERANK + " HTTP/1.1",
                          "Host: localhost",
                          "Content-Type: application/json",
                          "Content-Encoding: gzip",
                          "Content-Length: " + body.length)
                      .getBytes(US_ASCII);
              battle.everybody(
                  2,
                  () -> {
                    try (Peer peer = battle.open()) {
                      battle.ask(peer, head, body);
                    }
                  });
            }));
    attacks.add(
        Attack.of(
            "smuggling",
            "heads and chunks that two readers could read in two ways",
            battle -> battle.everybody(2, () -> Smuggling.all(battle))));
    return attacks;
  }

  private static void idle(Battle battle) throws InterruptedException {
    for (int i = 0; i < 1_100 && battle.goesOn(); i++) {
      try {
        battle.open();
      } catch (IOException e) {
        battle.pause(1);
      }
    }
    battle.waitForEnd();
    battle.leave();
    Thread.sleep(1000);
    try (Peer peer = Peer.attacker(battle.port())) {
      battle.answered(peer.get("/health").status(), 0);
    } catch (IOException e) {
      battle.complain("closed for ever: " + e.getMessage());
    }
  }

  private static void slowly(Battle battle, int connections, String beginning)
      throws InterruptedException {
    List<Peer> peers = new ArrayList<>();
    while (battle.goesOn()) {
      while (peers.size() < connections && battle.goesOn()) {
        try {
          Peer peer = battle.open();
          peer.send(beginning);
          peers.add(peer);
        } catch (IOException e) {
          break;
        }
      }
      peers.removeIf(peer -> {
        try {
          peer.send("x");
          return false;
        } catch (IOException e) {
          return true;
        }
      });
      battle.pause(1000);
    }
  }

  private static void withheld(Battle battle) throws IOException, InterruptedException {
    long length = 128L << 20;
    try (Peer peer = battle.open()) {
      peer.send(Peer.head(RERANK, length) + "{\"query\":\"");
      byte[] filler = new byte[1 << 20];
      Arrays.fill(filler, (byte) 'a');
      for (long left = length - 10 - 2_000; left > 0 && battle.goesOn(); left -= filler.length) {
        peer.send(left < filler.length ? Arrays.copyOf(filler, (int) left) : filler);
      }
      battle.waitForEnd();
    }
  }

  private static void slowReaders(Battle battle) throws IOException, InterruptedException {
    byte[] body = TextAttacks.documents(2_000);
    for (int i = 0; i < 20 && battle.goesOn(); i++) {
      Peer peer = battle.open();
      for (int k = 0; k < 4; k++) {
        peer.post(RERANK, body);
      }
      battle.pause(10);
    }
    battle.waitForEnd();
  }

  private static void flood(Battle battle, String request, int connections)
      throws InterruptedException {
    byte[] bytes = request.getBytes(US_ASCII);
    battle.everybody(
        connections,
        () -> {
          try (Peer peer = battle.open()) {
            while (battle.goesOn()) {
              battle.ask(peer, bytes, new byte[0]);
            }
          }
        });
  }

  /** A head of these lines. */
  private static String lines(String... lines) {
    return String.join("\r\n", lines) + "\r\n\r\n";
  }

  private static byte[] gzipBlanks(long bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(out)) {
      byte[] blanks = new byte[1 << 16];
      Arrays.fill(blanks, (byte) ' ');
      for (long left = bytes; left > 0; left -= blanks.length) {
        gzip.write(blanks);
      }
    }
    return out.toByteArray();
  }
}
