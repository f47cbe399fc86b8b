package dev.vl4j.engine.vision.tiff;

/**
 * The codes of ITU-T T.4 and T.6 as tables, indexed by the next bits of a strip with the first one
 * lowest. An entry has its kind in the low four bits, the code's width in the next four, and its
 * parameter above them: the length of a run, or how far a change is from the one above it.
 */
final class FaxCodes {
  static final int INVALID = 0;
  static final int TERMINATING = 1;
  static final int MAKEUP = 2;
  static final int END_OF_LINE = 3;
  static final int PASS = 4;
  static final int HORIZONTAL = 5;

  /** A change under or right of the one above it. */
  static final int VERTICAL_RIGHT = 6;

  static final int VERTICAL_LEFT = 7;
  static final int EXTENSION = 8;

  static final int WHITE_BITS = 12;
  static final int BLACK_BITS = 13;
  static final int MODE_BITS = 7;

  /** Runs of 0 to 63 white pixels. */
  private static final String WHITE_TERMINATING =
      """
      00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011 110100
      110101 101010 101011 0100111 0001100 0001000 0010111 0000011 0000100 0101000 0101011
      0010011 0100100 0011000 00000010 00000011 00011010 00011011 00010010 00010011 00010100
      00010101 00010110 00010111 00101000 00101001 00101010 00101011 00101100 00101101 00000100
      00000101 00001010 00001011 01010010 01010011 01010100 01010101 00100100 00100101 01011000
      01011001 01011010 01011011 01001010 01001011 00110010 00110011 00110100
      """;

  /** Runs of 64, 128 and so on to 1728 white pixels, to which a terminating run is added. */
  private static final String WHITE_MAKEUP =
      """
      11011 10010 010111 0110111 00110110 00110111 01100100 01100101 01101000 01100111 011001100
      011001101 011010010 011010011 011010100 011010101 011010110 011010111 011011000 011011001
      011011010 011011011 010011000 010011001 010011010 011000 010011011
      """;

  private static final String BLACK_TERMINATING =
      """
      0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101 0000111 00000100
      00000111 000011000 0000010111 0000011000 0000001000 00001100111 00001101000 00001101100
      00000110111 00000101000 00000010111 00000011000 000011001010 000011001011 000011001100
      000011001101 000001101000 000001101001 000001101010 000001101011 000011010010 000011010011
      000011010100 000011010101 000011010110 000011010111 000001101100 000001101101 000011011010
      000011011011 000001010100 000001010101 000001010110 000001010111 000001100100 000001100101
      000001010010 000001010011 000000100100 000000110111 000000111000 000000100111 000000101000
      000001011000 000001011001 000000101011 000000101100 000001011010 000001100110 000001100111
      """;

  private static final String BLACK_MAKEUP =
      """
      0000001111 000011001000 000011001001 000001011011 000000110011 000000110100 000000110101
      0000001101100 0000001101101 0000001001010 0000001001011 0000001001100 0000001001101
      0000001110010 0000001110011 0000001110100 0000001110101 0000001110110 0000001110111
      0000001010010 0000001010011 0000001010100 0000001010101 0000001011010 0000001011011
      0000001100100 0000001100101
      """;

  /** Runs of 1792 to 2560 pixels of either colour. */
  private static final String LONG_MAKEUP =
      """
      00000001000 00000001100 00000001101 000000010010 000000010011 000000010100 000000010101
      000000010110 000000010111 000000011100 000000011101 000000011110 000000011111
      """;

  /** Eleven zeros begin an end of line; the one that follows is looked for separately. */
  private static final String END_OF_LINE_ZEROS = "00000000000";

  static final int[] WHITE = runs(WHITE_BITS, WHITE_TERMINATING, WHITE_MAKEUP);
  static final int[] BLACK = runs(BLACK_BITS, BLACK_TERMINATING, BLACK_MAKEUP);
  static final int[] MODES = modes();

  private FaxCodes() {}

  static int kind(int entry) {
    return entry & 0xf;
  }

  static int width(int entry) {
    return entry >> 4 & 0xf;
  }

  static int parameter(int entry) {
    return entry >> 8;
  }

  private static int[] runs(int bits, String terminating, String makeup) {
    int[] table = new int[1 << bits];
    int run = 0;
    for (String code : terminating.strip().split("\\s+", -1)) {
      put(table, bits, code, TERMINATING, run++);
    }
    run = 64;
    for (String code : (makeup + LONG_MAKEUP).strip().split("\\s+", -1)) {
      put(table, bits, code, MAKEUP, run);
      run += 64;
    }
    put(table, bits, END_OF_LINE_ZEROS, END_OF_LINE, 0);
    return table;
  }

  private static int[] modes() {
    int[] table = new int[1 << MODE_BITS];
    put(table, MODE_BITS, "0001", PASS, 0);
    put(table, MODE_BITS, "001", HORIZONTAL, 0);
    put(table, MODE_BITS, "1", VERTICAL_RIGHT, 0);
    put(table, MODE_BITS, "011", VERTICAL_RIGHT, 1);
    put(table, MODE_BITS, "000011", VERTICAL_RIGHT, 2);
    put(table, MODE_BITS, "0000011", VERTICAL_RIGHT, 3);
    put(table, MODE_BITS, "010", VERTICAL_LEFT, 1);
    put(table, MODE_BITS, "000010", VERTICAL_LEFT, 2);
    put(table, MODE_BITS, "0000010", VERTICAL_LEFT, 3);
    put(table, MODE_BITS, "0000001", EXTENSION, 0);
    put(table, MODE_BITS, "0000000", END_OF_LINE, 0);
    return table;
  }

  /** Enters a code at all indices that begin with it. */
  private static void put(int[] table, int bits, String code, int kind, int parameter) {
    int first = Integer.reverse(Integer.parseInt(code, 2)) >>> (32 - code.length());
    for (int index = first; index < 1 << bits; index += 1 << code.length()) {
      table[index] = kind | code.length() << 4 | parameter << 8;
    }
  }
}
