package dev.vl4j.engine.vision.jpeg;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.Arrays;
import java.util.HexFormat;

/** A Huffman code, with a table for its short words. */
final class HuffmanTable {
  /** Words up to this length are looked up at once. */
  static final int LOOKUP_BITS = 8;

  private static final int MAX_BITS = 16;

  /** By the next {@link #LOOKUP_BITS} bits: the word's length times 256, plus its symbol. */
  final int[] lookup = new int[1 << LOOKUP_BITS];

  /** By length: the last word, or -1; behind them one that is larger than any word. */
  final int[] lastWord = new int[MAX_BITS + 2];

  /** By length: what added to a word gives its symbol's index. */
  final int[] symbolOffset = new int[MAX_BITS + 2];

  /** {@code [256]} */
  final byte[] symbols;

  /**
   * What a DHT segment says. It is looked into only when a scan uses it.
   *
   * @param counts {@code [17]}, the number of words of each length
   * @param symbols {@code [256]}
   */
  record Spec(int[] counts, byte[] symbols) {
    private static final String CHROMINANCE_AC =
        "0001020311040521310612415107617113223281081442"
            + "91a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a434445"
            + "464748494a535455565758595a636465666768696a737475767778797a82838485868788898a"
            + "92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3"
            + "d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa";
    private static final String LUMINANCE_AC =
        "0102030004110512213141061351610722711432819"
            + "1a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a43444546"
            + "4748494a535455565758595a636465666768696a737475767778797a838485868788898a929394"
            + "95969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7"
            + "d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa";

    /** The tables of ITU-T T.81, K.3: frames of Motion JPEG leave them out. */
    static Spec standard(boolean dc, boolean luminance) {
      if (dc) {
        return luminance
            ? of("00010501010101010100000000000000", "000102030405060708090a0b")
            : of("00030101010101010101010000000000", "000102030405060708090a0b");
      }
      return luminance
          ? of("0002010303020403050504040000017d", LUMINANCE_AC)
          : of("00020102040403040705040400010277", CHROMINANCE_AC);
    }

    private static Spec of(String counts, String symbols) {
      byte[] lengths = HexFormat.of().parseHex(counts);
      int[] all = new int[MAX_BITS + 1];
      for (int i = 0; i < MAX_BITS; i++) {
        all[i + 1] = lengths[i] & 0xff;
      }
      return new Spec(all, Arrays.copyOf(HexFormat.of().parseHex(symbols), 256));
    }
  }

  /**
   * @param largestSymbol none may be larger
   * @throws BrokenImageException if the counts are those of no code
   */
  HuffmanTable(Spec spec, int largestSymbol) throws BrokenImageException {
    symbols = spec.symbols;
    Arrays.fill(lookup, (LOOKUP_BITS + 1) << LOOKUP_BITS);
    int word = 0;
    int index = 0;
    for (int length = 1; length <= MAX_BITS; length++, word <<= 1) {
      int count = spec.counts[length];
      lastWord[length] = -1;
      if (count == 0) {
        continue;
      }
      symbolOffset[length] = index - word;
      for (int i = 0; i < count; i++, index++, word++) {
        if ((symbols[index] & 0xff) > largestSymbol) {
          throw new BrokenImageException(
              "a Huffman table of DC coefficients has the symbol " + (symbols[index] & 0xff));
        }
        if (length <= LOOKUP_BITS && word < 1 << length) {
          int free = LOOKUP_BITS - length;
          int from = word << free;
          Arrays.fill(
              lookup, from, from + (1 << free), length << LOOKUP_BITS | (symbols[index] & 0xff));
        }
      }
      lastWord[length] = word - 1;
      if (word >= 1 << length) {
        // No word may consist of ones alone.
        throw new BrokenImageException("a Huffman table has too many words of " + length + " bits");
      }
    }
    lastWord[MAX_BITS + 1] = Integer.MAX_VALUE;
  }

  /** The symbol of a word; 0 where the bits were longer than any word. */
  int symbolOf(int word, int length) {
    return length > MAX_BITS ? 0 : symbols[(word + symbolOffset[length]) & 0xff] & 0xff;
  }
}
