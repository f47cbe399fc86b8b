package dev.vl4j.ascend.backend;

import java.util.ArrayList;
import java.util.List;

/**
 * The readbacks that have page-locked memory: nobody has to wait for one, so the memory comes back
 * also without that.
 */
final class Readbacks {
  private final List<AscendReadback> open = new ArrayList<>();

  void add(AscendReadback readback) {
    open.add(readback);
  }

  /** Takes the elements that have come. */
  void collect() {
    open.removeIf(AscendReadback::collect);
  }

  /** For a device that computes nothing any more. */
  void giveUp() {
    open.forEach(AscendReadback::giveUp);
    open.clear();
  }
}
