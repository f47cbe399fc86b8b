package dev.vl4j.architecture.planted.low;

import dev.vl4j.architecture.planted.high.High;

/** Knows what is above it, which no rule should let pass. */
public final class Low {
  private final High high;

  public Low(High high) {
    this.high = high;
  }

  public High high() {
    return high;
  }
}
