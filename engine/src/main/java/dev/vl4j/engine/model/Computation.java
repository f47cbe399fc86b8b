package dev.vl4j.engine.model;

/**
 * The fate of one forward, shared by everything that it computes for later ones: these may use it
 * as soon as the device has been given the forward, and learn here if it failed.
 */
final class Computation {
  private boolean failed;

  void fail() {
    failed = true;
  }

  boolean hasFailed() {
    return failed;
  }
}
