package dev.vl4j.bench.attack;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;

/**
 * The kinds of requests that attacks exaggerate, of usual sizes. What a server loads, compiles and
 * allocates once for them is no growth, so it gets them before its memory is read.
 */
final class OrdinaryWork {
  private static final String RERANK = "/v1/rerank";
  private static final int CLIENTS = 4;

  private OrdinaryWork() {}

  private interface Request {
    void ask(Battle battle, Peer peer) throws IOException, InterruptedException;
  }

  /** Does all of it again and again for some seconds. */
  static void run(int port, double seconds) throws IOException, InterruptedException {
    List<Request> requests = requests();
    AtomicInteger next = new AtomicInteger();
    Battle battle = new Battle(port, seconds);
    battle.everybody(
        CLIENTS,
        () -> {
          Request request = requests.get(next.getAndIncrement() % requests.size());
          try (Peer peer = battle.open()) {
            request.ask(battle, peer);
          }
        });
  }

  private static List<Request> requests() throws IOException {
    String text = "a cat sat on a red mat, ".repeat(60);
    byte[] ranking =
        "{\"query\":\"q\",\"documents\":[\"%s\",\"short\"]}".formatted(text).getBytes(UTF_8);
    byte[] tooLong =
        "{\"query\":\"q\",\"documents\":[\"%s\"]}".formatted(text.repeat(40)).getBytes(UTF_8);
    return List.of(
        post(RERANK, ranking),
        post(RERANK, tooLong),
        post(RERANK, TextAttacks.documents(100)),
        post(RERANK, "{\"query\":".getBytes(UTF_8)),
        post("/tokenize", "{\"prompt\":\"%s\"}".formatted(text).getBytes(UTF_8)),
        post(RERANK, ImageAttacks.request(HostileImages.png(640, 480, 8, 6), 1)),
        // A photo: a model sees no larger picture, so what its forward takes is as large as can be.
        post(RERANK, ImageAttacks.request(HostileImages.png(2_000, 1_500, 8, 0), 1)),
        post(RERANK, ImageAttacks.request(HostileImages.png(640, 480, 16, 0), 1)),
        post(RERANK, ImageAttacks.request(HostileImages.gif(320, 240), 1)),
        post(RERANK, ImageAttacks.request(HostileImages.tiff(320, 240), 1)),
        post(RERANK, ImageAttacks.request(HostileImages.webp(320, 240), 1)),
        post(RERANK, ImageAttacks.request(HostileImages.progressiveJpeg(640, 10), 1)),
        gzip(ranking),
        (battle, peer) -> battle.answered(peer.get("/version").status(), 0),
        (_, peer) -> {
          peer.post(RERANK, ranking);
          Thread.sleep(2);
          peer.reset();
        });
  }

  private static Request post(String path, byte[] body) {
    byte[] head = Peer.head(path, body.length).getBytes(UTF_8);
    return (battle, peer) -> battle.ask(peer, head, body);
  }

  private static Request gzip(byte[] body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(body);
    }
    byte[] coded = bytes.toByteArray();
    byte[] head =
        Peer.head(RERANK, coded.length)
            .replace("\r\n\r\n", "\r\nContent-Encoding: gzip\r\n\r\n")
            .getBytes(UTF_8);
    return (battle, peer) -> battle.ask(peer, head, coded);
  }
}
