package dev.vl4j.engine.prompt;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;

/**
 * The least number of tokens that a text can have, whatever is merged: a byte costs at least its
 * share of the longest token that has such a byte in it. So 42 letters may be one token and 42
 * spaces a third of one.
 */
final class ShortestEncoding {
  private final double[] shares;

  /**
   * @param longest [256], for each value of a byte the length of the longest token that has it, in
   *     bytes; 0 if none has
   */
  ShortestEncoding(int[] longest) {
    shares = new double[longest.length];
    for (int value = 0; value < longest.length; value++) {
      shares[value] = longest[value] == 0 ? 0 : 1.0 / longest[value];
    }
  }

  /**
   * A number that the tokens of a text are not less than. It is 0 for text that normalising might
   * shorten.
   *
   * @param text in which surrogates come in pairs
   */
  long tokens(String text) {
    if (!isStable(text)) {
      return 0;
    }
    double sum = 0;
    for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
      sum += shares[value & 0xff];
    }
    // Rounding errors of the sum are far below what is taken off here.
    return (long) Math.floor(sum * (1 - 1e-6));
  }

  /**
   * Whether a text is in NFC in every version of Unicode. Versions differ in new characters only.
   */
  private static boolean isStable(String text) {
    return Normalizer.isNormalized(text, Normalizer.Form.NFC)
        && text.codePoints().allMatch(Character::isDefined);
  }
}
