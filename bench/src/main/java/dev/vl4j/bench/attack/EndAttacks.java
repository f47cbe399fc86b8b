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

  static List<Attack> all() throws IOException {
    byte[] marks =
        "{\"query\":\"q\",\"documents\":[\"a%s\"]}"
            .formatted("\u0301\u0323".repeat(140_000))
            .getBytes(StandardCharsets.UTF_8);
    byte[] pictures =
        ImageAttacks.request(HostileImages.png(HostileImages.SIDE, HostileImages.SIDE, 1, 0), 8);
    byte[] documents = TextAttacks.documents(4_000);
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
            pictures));
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
            pictures));
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
      String name, String story, Attack.Setting server, Attack.End end, byte[] body) {
    return Attack.of(name, story, battle -> battle.post("/v1/rerank", body, 2))
        .on(server)
        .judgedBy(end);
  }
}
