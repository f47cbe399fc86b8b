package dev.vl4j.engine.prompt;

import tools.jackson.databind.JsonNode;

/**
 * Where a long text may be cut so that its parts have, one after the other, exactly the tokens of
 * the whole.
 *
 * <p>That is known of one way to split text into words only, Qwen's; with any other nothing is cut.
 * Merges stay inside of a word, so a cut must be a place where a word ends in the whole text, in
 * which everything before it is split as if it were alone, and everything behind it, too. Qwen's
 * pattern is matched from left to right and looks no further than one character behind white space,
 * so a place is such a cut if no word that holds the character before it can hold the one behind
 * it:
 *
 * <ul>
 *   <li>a space behind what is no white space: a word holds a space at its beginning or among white
 *       space,
 *   <li>what is no white space behind a line break: a line break ends a word, but for more white
 *       space,
 *   <li>ASCII behind a digit: a digit is a word of its own,
 *   <li>what is no letter behind an ideograph: behind a letter, a word holds letters only.
 * </ul>
 *
 * Normalisation to NFC neither composes nor reorders across any of these places.
 */
final class TextCuts {
  /** Nothing is cut. */
  static final TextCuts NONE = new TextCuts(Integer.MAX_VALUE);

  private static final int STEP = 1 << 14;

  /**
   * Chars that a part has at most. The native library cannot be stopped, and takes a tenth of a
   * second for so many.
   */
  static final int LONGEST = 1 << 17;

  private static final String QWEN =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String IDEOGRAPHIC_PUNCTUATION =
      "\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f";

  private final int step;

  /**
   * @param step chars that a part has at least, but for the last one
   */
  TextCuts(int step) {
    this.step = step;
  }

  /**
   * @param normalizer of a tokenizer.json
   * @param preTokenizer of a tokenizer.json
   */
  static TextCuts of(JsonNode normalizer, JsonNode preTokenizer) {
    boolean plain = normalizer.isNull() || normalizer.path("type").asString("").equals("NFC");
    JsonNode steps = preTokenizer.path("pretokenizers");
    boolean known =
        plain
            && preTokenizer.path("type").asString("").equals("Sequence")
            && steps.size() == 2
            && splitsAsQwen(steps.path(0))
            && isByteLevel(steps.path(1));
    return known ? new TextCuts(STEP) : NONE;
  }

  private static boolean splitsAsQwen(JsonNode step) {
    return step.path("type").asString("").equals("Split")
        && step.path("pattern").path("Regex").asString("").equals(QWEN)
        && step.path("behavior").asString("").equals("Isolated")
        && !step.path("invert").asBoolean(true);
  }

  private static boolean isByteLevel(JsonNode step) {
    return step.path("type").asString("").equals("ByteLevel")
        && !step.path("add_prefix_space").asBoolean(true)
        && !step.path("use_regex").asBoolean(true);
  }

  /**
   * The end of a part, or -1 if it would have more than {@link #LONGEST} chars.
   *
   * @param text in which surrogates come in pairs
   * @param from where the part begins
   * @param to where it ends at the latest
   */
  int next(CharSequence text, int from, int to) {
    if (to - from <= Math.min(step, LONGEST)) {
      return to;
    }
    int last = Math.min(to, from + LONGEST + 1);
    for (int at = (int) Math.min((long) from + step, last); at < last; at++) {
      if (isCut(text.charAt(at - 1), text.charAt(at))) {
        return at;
      }
    }
    return to - from <= LONGEST ? to : -1;
  }

  private static boolean isCut(char before, char after) {
    if (after == ' ') {
      return !isSpace(before);
    }
    if (before == '\n') {
      return !isSpace(after);
    }
    if (before >= '0' && before <= '9') {
      return after < 0x80;
    }
    boolean ideograph = before >= 0x4e00 && before <= 0x9fa5;
    return ideograph
        && (isAsciiWithoutLetters(after) || IDEOGRAPHIC_PUNCTUATION.indexOf(after) >= 0);
  }

  private static boolean isAsciiWithoutLetters(char c) {
    return c < 0x80 && !((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'));
  }

  /** Whatever some version of Unicode calls white space, and control characters. */
  private static boolean isSpace(char c) {
    return c <= ' '
        || (c >= 0x7f && c <= 0xa0)
        || c == 0x180e
        || Character.isWhitespace(c)
        || Character.isSpaceChar(c);
  }
}
