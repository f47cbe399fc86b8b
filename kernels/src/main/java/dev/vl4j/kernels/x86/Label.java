package dev.vl4j.kernels.x86;

/** A place in the code, to be bound once. */
final class Label {
  private int position = -1;

  void bind(int at) {
    if (position >= 0) {
      throw new IllegalStateException("label bound twice");
    }
    position = at;
  }

  int position() {
    if (position < 0) {
      throw new IllegalStateException("label not bound before the jump back to it");
    }
    return position;
  }
}
