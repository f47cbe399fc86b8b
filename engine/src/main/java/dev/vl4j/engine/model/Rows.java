package dev.vl4j.engine.model;

import java.util.stream.IntStream;

/** Numbers of consecutive rows, as a backend's operations on rows take them. */
final class Rows {
  private Rows() {}

  static int[] run(int start, int length) {
    return IntStream.range(start, start + length).toArray();
  }
}
