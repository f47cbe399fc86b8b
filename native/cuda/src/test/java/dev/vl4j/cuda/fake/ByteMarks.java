package dev.vl4j.cuda.fake;

import java.util.BitSet;

/** A mark for each byte of an allocation, asked for by the run: it looks no further than that. */
final class ByteMarks {
  private static final int WORD = Long.SIZE;

  private final long[] words;

  ByteMarks(long bytes) {
    words = new long[Math.toIntExact(Math.ceilDiv(bytes, (long) WORD))];
  }

  /** The bits of a word that belong to a run. */
  private static long mask(int word, int from, int to) {
    long low = -1L << Math.max(0, from - word * WORD);
    int end = to - word * WORD;
    return end >= WORD ? low : low & ((1L << end) - 1);
  }

  void mark(int from, int to) {
    for (int word = from / WORD; word * WORD < to; word++) {
      words[word] |= mask(word, from, to);
    }
  }

  private void clear(int from, int to) {
    for (int word = from / WORD; word * WORD < to; word++) {
      words[word] &= ~mask(word, from, to);
    }
  }

  /** The first byte of a run without a mark, or the run's end. */
  int firstUnmarked(int from, int to) {
    for (int word = from / WORD; word * WORD < to; word++) {
      long holes = ~words[word] & mask(word, from, to);
      if (holes != 0) {
        return word * WORD + Long.numberOfTrailingZeros(holes);
      }
    }
    return to;
  }

  /** The marks of a run, counted from its start. */
  BitSet get(int from, int to) {
    BitSet marks = new BitSet(to - from);
    int at = from;
    while (at < to) {
      int hole = firstUnmarked(at, to);
      marks.set(at - from, hole - from);
      at = hole + 1;
    }
    return marks;
  }

  /** Makes the marks of a run those that {@link #get} gave. */
  void set(int from, int to, BitSet marks) {
    clear(from, to);
    int at = marks.nextSetBit(0);
    while (at >= 0) {
      int end = marks.nextClearBit(at);
      mark(from + at, from + end);
      at = marks.nextSetBit(end);
    }
  }
}
