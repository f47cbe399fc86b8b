package dev.vl4j.bench.soak;

import dev.vl4j.bench.attack.Peer;
import dev.vl4j.engine.Content;
import dev.vl4j.engine.DeadlineExceededException;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RequestCancelledException;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.server.load.LoadCase;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** Clients and callers that do what goes wrong in the field; each method does it once. */
final class FaultyClients {
  private final int port;
  private final Reranker reranker;
  private final List<LoadCase> cases;
  private final Tally tally;
  private final RerankRequest request;
  private final List<RankedDocument> ranking;
  private final byte[] image;

  /**
   * @param image a file that decodes
   */
  FaultyClients(int port, Reranker reranker, List<LoadCase> cases, Tally tally, byte[] image) {
    this.port = port;
    this.reranker = reranker;
    this.cases = cases;
    this.tally = tally;
    this.image = image;
    List<Content> documents =
        List.of(
            Content.of(Part.image(image)),
            Content.text("A text between two images."),
            Content.of(Part.text("and"), Part.image(image)));
    request = RerankRequest.of(Content.text("what is between?"), documents);
    ranking = reranker.rerank(request);
  }

  private LoadCase any(Random random) {
    return cases.get(random.nextInt(cases.size()));
  }

  /** Sends a request and resets the connection. */
  void reset(Random random) throws IOException {
    LoadCase chosen = any(random);
    Peer peer = Peer.attacker(port);
    peer.post(chosen.path(), chosen.body());
    peer.reset();
    tally.count("reset");
  }

  /** Sends a request, waits for less than its answer takes, and leaves. */
  void leave(Random random) throws IOException, InterruptedException {
    LoadCase chosen = any(random);
    try (Peer peer = Peer.attacker(port)) {
      peer.post(chosen.path(), chosen.body());
      Thread.sleep(random.nextInt(30));
    }
    tally.count("left");
  }

  /** Sends half a request and leaves. */
  void half(Random random) throws IOException {
    LoadCase chosen = any(random);
    byte[] body = chosen.body();
    try (Peer peer = Peer.attacker(port)) {
      peer.send(Peer.head(chosen.path(), body.length));
      peer.send(Arrays.copyOf(body, random.nextInt(body.length)));
    }
    tally.count("half a body");
  }

  /** Reads an answer byte by byte. */
  void readSlowly(Random random) throws IOException, InterruptedException {
    LoadCase chosen = any(random);
    try (Peer peer = Peer.attacker(port)) {
      peer.post(chosen.path(), chosen.body());
      for (int i = 0; i < 40; i++) {
        Thread.sleep(25);
        int _ = peer.readByte();
      }
    }
    tally.count("slow reader");
  }

  /** Bytes that are no HTTP. */
  void garbage(Random random) throws IOException {
    byte[] bytes = new byte[1 + random.nextInt(300)];
    random.nextBytes(bytes);
    try (Peer peer = Peer.attacker(port)) {
      peer.send(bytes);
      peer.send("\r\n\r\n");
      boolean _ = peer.isClosedWithin(5_000);
    }
    tally.count("garbage");
  }

  /** A broken image fails its request, and that one alone. */
  void breakImage(Random random) {
    byte[] broken = image.clone();
    for (int i = 0; i < 5; i++) {
      broken[random.nextInt(broken.length)] = (byte) random.nextInt(256);
    }
    Content document = Content.of(Part.image(broken));
    try {
      List<RankedDocument> _ = reranker.rerank(Content.text("q"), List.of(document));
      tally.count("broken image decoded");
    } catch (InvalidRequestException e) {
      tally.count("broken image refused");
    } catch (OverloadedException e) {
      tally.count("overloaded");
    }
  }

  /** A thread that is interrupted while it waits. */
  void interrupt(Random random) throws InterruptedException {
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try {
                check(reranker.rerank(request), "interrupted in vain");
              } catch (RequestCancelledException e) {
                tally.count("interrupted");
              } catch (OverloadedException e) {
                tally.count("overloaded");
              }
            });
    Thread.sleep(random.nextInt(20));
    thread.interrupt();
    thread.join(60_000);
    if (thread.isAlive()) {
      tally.wrong("an interrupted thread still waits after a minute");
    }
  }

  /** A caller that has little time. */
  void hurry(Random random) {
    try {
      check(
          reranker.rerank(request.withTimeout(Duration.ofMillis(1 + random.nextInt(30)))),
          "in time");
    } catch (DeadlineExceededException e) {
      tally.count("too late");
    } catch (OverloadedException e) {
      tally.count("overloaded");
    }
  }

  /** A caller that changes its mind. */
  void cancel(Random random) throws InterruptedException {
    try {
      CompletableFuture<Ranking> future = reranker.submit(request);
      Thread.sleep(random.nextInt(20));
      tally.count(future.cancel(false) ? "cancelled" : "cancelled in vain");
    } catch (OverloadedException e) {
      tally.count("overloaded");
    }
  }

  private void check(List<RankedDocument> found, String kind) {
    if (found.equals(ranking)) {
      tally.count(kind);
    } else {
      tally.wrong("the engine answered " + found + ", expected " + ranking);
    }
  }
}
