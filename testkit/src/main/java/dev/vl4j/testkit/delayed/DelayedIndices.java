package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.Indices;

/** Row numbers. */
final class DelayedIndices extends Handle<Indices> implements Indices {
  private final int count;
  private final int largest;

  DelayedIndices(ForwardCommands owner, int count, int largest) {
    super(owner.backend(), owner, "indices", "[%d]".formatted(count), (long) Integer.BYTES * count);
    this.count = count;
    this.largest = largest;
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public int largest() {
    return largest;
  }
}
