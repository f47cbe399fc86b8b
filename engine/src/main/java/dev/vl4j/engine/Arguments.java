package dev.vl4j.engine;

/** Checks of arguments of the public API. */
final class Arguments {
  private Arguments() {}

  /**
   * @param name of the argument
   * @throws IllegalArgumentException if it is less
   */
  static void requireAtLeast(String name, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "%s: expected %d or more, found %d".formatted(name, least, value));
    }
  }
}
