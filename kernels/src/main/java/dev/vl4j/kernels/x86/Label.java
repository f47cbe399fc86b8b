package dev.vl4j.kernels.x86;

import java.util.ArrayList;
import java.util.List;

/** A place in the code, to be bound once, before or after what refers to it. */
final class Label {
  private static final int UNBOUND = -1;

  private final List<Integer> references = new ArrayList<>();
  private int position = UNBOUND;

  /** Remembers where an instruction's 32-bit distance stands that is to be filled in. */
  void referFrom(int at) {
    references.add(at);
  }

  /**
   * @return where the distances of earlier references stand
   */
  List<Integer> bind(int at) {
    if (position != UNBOUND) {
      throw new IllegalStateException("label bound twice");
    }
    position = at;
    return references;
  }

  boolean bound() {
    return position != UNBOUND;
  }

  int position() {
    return position;
  }
}
