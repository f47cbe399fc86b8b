package dev.vl4j.bench.attack;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Requests that are running when the server is told to end, or when their time is over. */
final class EndAttacks {
  /** Seconds, of the servers that this class asks for. */
  static final int GRACE = 2;

  static final int TIME_LIMIT = 2;

  private static final Attack.Setting SHORT_GRACE =
      new Attack.Setting(List.of("--shutdown-grace", Integer.toString(GRACE)), 0);
  private static final Attack.Setting SHORT_TIME =
      new Attack.Setting(List.of("--request-timeout", Integer.toString(TIME_LIMIT)), 0);

  private EndAttacks() {}

  /** Makes the body of a request. */
  @FunctionalInterface
  private interface Body {
    byte[] make() throws IOException;
  }

  private static byte[] pictures() throws IOException {
    return ImageAttacks.request(HostileImages.png(HostileImages.SIDE, HostileImages.SIDE, 1, 0), 8);
  }

  private static byte[] pages() throws IOException {
    return ImageAttacks.pages(HostilePages.star(40_000));
  }

  static List<Attack> all() {
    Body marks =
        () ->
            "{\"query\":\"q\",\"documents\":[\"a%s\"]}"
                .formatted("\u0301\u0323".repeat(140_000))
                .getBytes(StandardCharsets.UTF_8);
    Body documents = () -> TextAttacks.documents(4_000);
    List<Attack> attacks = new ArrayList<>();
    attacks.add(
        at(
            "end-marks",
            "SIGTERM while marks are prepared",
            SHORT_GRACE,
            Attack.End.TERMINATE,
            marks));
    attacks.add(
        at(
            "end-images",
            "SIGTERM while images are decoded",
            SHORT_GRACE,
            Attack.End.TERMINATE,
            EndAttacks::pictures));
    attacks.add(
        at(
            "end-pages",
            "SIGTERM while pages of PDF files are drawn",
            SHORT_GRACE,
            Attack.End.TERMINATE,
            EndAttacks::pages));
    attacks.add(
        at(
            "end-documents",
            "SIGTERM while 4,000 documents are ranked",
            SHORT_GRACE,
            Attack.End.TERMINATE,
            documents));
    attacks.add(
        Attack.of(
                "end-body",
                "SIGTERM while a body is awaited",
                battle -> {
                  battle.open().send(Peer.head("/v1/rerank", 1_000) + "{");
                  battle.waitForEnd();
                })
            .on(SHORT_GRACE)
            .judgedBy(Attack.End.TERMINATE));
    attacks.add(
        at("time-marks", "a time limit of 2 s, and marks", SHORT_TIME, Attack.End.IN_TIME, marks));
    attacks.add(
        at(
            "time-images",
            "a time limit of 2 s, and images",
            SHORT_TIME,
            Attack.End.IN_TIME,
            EndAttacks::pictures));
    attacks.add(
        at(
            "time-pages",
            "a time limit of 2 s, and pages of PDF files",
            SHORT_TIME,
            Attack.End.IN_TIME,
            EndAttacks::pages));
    attacks.add(
        at(
            "time-documents",
            "a time limit of 2 s, and 4,000 documents",
            SHORT_TIME,
            Attack.End.IN_TIME,
            documents));
    attacks.add(
        Attack.of(
                "time-body",
                "a time limit of 2 s, and a body that stops",
                battle ->
                    battle.everybody(
                        4,
                        () -> {
                          try (Peer peer = battle.open()) {
                            battle.ask(
                                peer,
                                Peer.head("/v1/rerank", 1_000).getBytes(StandardCharsets.US_ASCII),
                                new byte[] {'{'});
                          }
                        }))
            .on(SHORT_TIME)
            .judgedBy(Attack.End.IN_TIME));
    return attacks;
  }

  private static Attack at(
      String name, String story, Attack.Setting server, Attack.End end, Body body) {
    return Attack.prepared(
            name,
            story,
            () -> {
              byte[] made = body.make();
              return battle -> battle.post("/v1/rerank", made, 2);
            })
        .on(server)
        .judgedBy(end);
  }
}
