package dev.vl4j.cuda.fake;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/** Where a function of a library writes its results: at pointers that it is given. */
@SuppressWarnings("restricted") // pointers have no size
final class Out {
  private Out() {}

  /** A number, handle or address of 8 bytes. */
  static void put(MemorySegment out, long value) {
    out.reinterpret(Long.BYTES).set(JAVA_LONG, 0, value);
  }

  /** A number of 4 bytes. */
  static void putInt(MemorySegment out, int value) {
    out.reinterpret(Integer.BYTES).set(JAVA_INT, 0, value);
  }
}
