package dev.vl4j.bench.attack;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;

/** Texts that are long, many, or made for what reads them. */
final class TextAttacks {
  private static final String RERANK = "/v1/rerank";

  private TextAttacks() {}

  static List<Attack> all() {
    List<Attack> attacks = new ArrayList<>();
    attacks.add(
        document(
            "marks",
            "a letter and 280,000 alternating combining marks, twice at once",
            "a" + "\u0301\u0323".repeat(140_000),
            2));
    attacks.add(
        document("marks-2mb", "the same with 2 MB", "a" + "\u0301\u0323".repeat(500_000), 2));
    attacks.add(document("one-word", "one word of 2 MB", "a".repeat(2 << 20), 2));
    attacks.add(
        document("one-word-random", "one word of 2 MB of random letters", letters(2 << 20), 2));
    attacks.add(document("emoji", "2 MB of joined emoji", "\uD83D\uDC69\u200D".repeat(300_000), 2));
    attacks.add(
        document("long-text", "20 MB of words", "the cat sat on the mat ".repeat(900_000), 1));
    attacks.add(
        Attack.of(
            "cut-word",
            "max_tokens_per_doc on one word of 2 MB",
            battle ->
                battle.post(
                    RERANK,
                    bytes(
                        "{\"query\":\"q\",\"max_tokens_per_doc\":8,\"documents\":[\"%s\"]}"
                            .formatted("b".repeat(2 << 20))),
                    2)));
    attacks.add(
        Attack.of(
            "many-documents",
            "31 million documents of one character in 124 MB",
            battle -> battle.post(RERANK, documents(31_000_000), 1)));
    attacks.add(
        Attack.of(
            "short-documents",
            "4,000 short documents, again and again",
            battle -> battle.post(RERANK, documents(4_000), 4)));
    attacks.add(
        Attack.of(
            "tokenize",
            "100 MB for /tokenize",
            battle ->
                battle.post(
                    "/tokenize",
                    bytes("{\"prompt\":\"%s\"}".formatted("tokens of text ".repeat(6_600_000))),
                    1)));
    attacks.add(
        Attack.of(
            "deep-json",
            "a million open brackets",
            battle -> battle.post(RERANK, bytes("{\"query\":" + "[".repeat(1_000_000)), 4)));
    attacks.add(
        Attack.of(
            "huge-number",
            "a number of ten million digits",
            battle ->
                battle.post(
                    RERANK,
                    bytes(
                        "{\"query\":\"q\",\"documents\":[\"d\"],\"top_n\":%s}"
                            .formatted("9".repeat(10_000_000))),
                    2)));
    return attacks;
  }

  private static Attack document(String name, String story, String text, int connections) {
    return Attack.of(
        name,
        story,
        battle ->
            battle.post(
                RERANK,
                bytes("{\"query\":\"q\",\"documents\":[\"%s\"]}".formatted(text)),
                connections));
  }

  /** A body with so many documents of one character. */
  static byte[] documents(int count) {
    byte[] head = bytes("{\"query\":\"q\",\"documents\":[");
    byte[] body = new byte[Math.addExact(head.length, Math.multiplyExact(4, count)) + 1];
    System.arraycopy(head, 0, body, 0, head.length);
    int at = head.length;
    for (int i = 0; i < count; i++) {
      body[at++] = '"';
      body[at++] = (byte) ('a' + i % 26);
      body[at++] = '"';
      body[at++] = ',';
    }
    body[at - 1] = ']';
    body[at] = '}';
    return body;
  }

  private static String letters(int count) {
    StringBuilder word = new StringBuilder(count);
    long state = 1;
    for (int i = 0; i < count; i++) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      word.append((char) ('a' + (state >>> 40) % 26));
    }
    return word.toString();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
