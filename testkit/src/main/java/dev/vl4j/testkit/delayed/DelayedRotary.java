package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.Rotary;

/** Cosines and sines. */
final class DelayedRotary extends Handle<Rotary> implements Rotary {
  private final int rows;
  private final int pairs;

  DelayedRotary(ForwardCommands owner, int rows, int pairs) {
    super(
        owner.backend(),
        owner,
        "rotary",
        "[%d, %d]".formatted(rows, pairs),
        2L * Float.BYTES * rows * pairs);
    this.rows = rows;
    this.pairs = pairs;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int pairs() {
    return pairs;
  }
}
