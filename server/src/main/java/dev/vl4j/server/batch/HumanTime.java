package dev.vl4j.server.batch;

/** Lengths of time as people say them. */
public final class HumanTime {
  private HumanTime() {}

  /** In the two units that matter, such as {@code 2 min 20 s}. */
  public static String of(double seconds) {
    long whole = Math.round(seconds);
    return whole < 60
        ? whole + " s"
        : whole < 3600
            ? "%d min %d s".formatted(whole / 60, whole % 60)
            : "%d h %d min".formatted(whole / 3600, whole % 3600 / 60);
  }
}
