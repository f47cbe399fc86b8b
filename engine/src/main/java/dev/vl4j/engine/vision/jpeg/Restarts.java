package dev.vl4j.engine.vision.jpeg;

/** Counts MCUs up to the next restart marker. */
final class Restarts {
  /** MCUs between two restart markers; 0 if there are none. */
  final int interval;

  private int left;
  private int next;

  Restarts(int interval) {
    this.interval = interval;
    this.left = interval;
  }

  /** Whether a restart marker comes before the next MCU. */
  boolean due() {
    return interval != 0 && left == 0;
  }

  /** The number, 0 to 7, of the marker that is due; counts it as read. */
  int take() {
    int number = next;
    next = (next + 1) & 7;
    left = interval;
    return number;
  }

  void count(int mcus) {
    left -= mcus;
  }

  /** The most MCUs that come before the next marker. */
  int ahead(int most) {
    return interval == 0 ? most : Math.min(left, most);
  }
}
