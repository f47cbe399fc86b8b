package dev.vl4j.architecture.planted.high;

import dev.vl4j.architecture.planted.low.Low;

/** Knows what is below it. */
public final class High {
  public Low low() {
    return new Low(this);
  }
}
