package dev.vl4j.engine.prompt;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Tokens as text.
 *
 * <p>A vocabulary of byte-level BPE writes each byte as one printable character, after GPT-2's
 * {@code bytes_to_unicode}: printable bytes of Latin-1 stand for themselves, and the others, in
 * order, for the characters from U+0100 on.
 */
final class TokenTexts {
  private static final Map<Integer, Integer> BYTES = bytes();

  private final Map<String, Integer> ids;
  private final Map<Integer, String> vocabulary = new HashMap<>();
  private final Map<Integer, String> added = new HashMap<>();

  TokenTexts(Map<String, Integer> vocabulary, Map<String, Integer> added) {
    ids = vocabulary;
    vocabulary.forEach((text, id) -> this.vocabulary.put(id, text));
    added.forEach((text, id) -> this.added.put(id, text));
  }

  private static Map<Integer, Integer> bytes() {
    Map<Integer, Integer> bytes = new HashMap<>();
    int next = 0x100;
    for (int value = 0; value < 0x100; value++) {
      boolean printable =
          (value >= '!' && value <= '~')
              || (value >= 0xa1 && value <= 0xac)
              || (value >= 0xae && value <= 0xff);
      bytes.put(printable ? value : next++, value);
    }
    return bytes;
  }

  /** The id of a token of the vocabulary as it is spelt there. */
  OptionalInt idOf(String spelling) {
    Integer id = ids.get(spelling);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** A token as the vocabulary spells it, or null if there is no such token. */
  @Nullable String spelling(int id) {
    String text = added.get(id);
    return text == null ? vocabulary.get(id) : text;
  }

  /** The text of tokens that exist; what is no UTF-8 becomes U+FFFD. */
  String decode(int[] ids) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int id : ids) {
      String text = added.get(id);
      if (text == null) {
        vocabulary.getOrDefault(id, "").codePoints().forEach(c -> write(c, out));
      } else {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
      }
    }
    return LossyUtf8.decode(out.toByteArray());
  }

  private static void write(int character, ByteArrayOutputStream out) {
    Integer value = BYTES.get(character);
    if (value == null) {
      out.writeBytes(Character.toString(character).getBytes(StandardCharsets.UTF_8));
    } else {
      out.write(value);
    }
  }
}
