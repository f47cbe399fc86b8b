package dev.vl4j.engine.prompt;

/**
 * UTF-8 in which each maximal piece that is none becomes U+FFFD, after the decoder of the WHATWG
 * Encoding standard. So does Hugging Face's library; the JDK's decoder counts some pieces
 * differently.
 */
final class LossyUtf8 {
  private static final int CONTINUATION_LOWEST = 0x80;
  private static final int CONTINUATION_HIGHEST = 0xbf;

  private LossyUtf8() {}

  static String decode(byte[] bytes) {
    StringBuilder out = new StringBuilder(bytes.length);
    int character = 0;
    int missing = 0; // continuation bytes
    int lowest = CONTINUATION_LOWEST;
    int highest = CONTINUATION_HIGHEST;
    for (int i = 0; i < bytes.length; i++) {
      int value = bytes[i] & 0xff;
      if (missing > 0) {
        if (value < lowest || value > highest) {
          out.append('\ufffd');
          missing = 0;
          i--; // it may begin the next character
        } else {
          character = (character << 6) | (value & 0x3f);
          if (--missing == 0) {
            out.appendCodePoint(character);
          }
        }
        lowest = CONTINUATION_LOWEST;
        highest = CONTINUATION_HIGHEST;
      } else if (value < 0x80) {
        out.append((char) value);
      } else if (value >= 0xc2 && value <= 0xdf) {
        missing = 1;
        character = value & 0x1f;
      } else if (value >= 0xe0 && value <= 0xef) {
        missing = 2;
        character = value & 0xf;
        lowest = value == 0xe0 ? 0xa0 : CONTINUATION_LOWEST; // no overlong forms
        highest = value == 0xed ? 0x9f : CONTINUATION_HIGHEST; // no surrogates
      } else if (value >= 0xf0 && value <= 0xf4) {
        missing = 3;
        character = value & 7;
        lowest = value == 0xf0 ? 0x90 : CONTINUATION_LOWEST;
        highest = value == 0xf4 ? 0x8f : CONTINUATION_HIGHEST; // nothing beyond U+10FFFF
      } else {
        out.append('\ufffd');
      }
    }
    return missing > 0 ? out.append('\ufffd').toString() : out.toString();
  }
}
