package dev.vl4j.engine;

import java.util.List;
import java.util.Objects;

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

  /**
   * @param name of the argument
   * @throws NullPointerException if the list is null, by its name, or an element, by its place:
   *     {@code documents[3]}
   */
  static void requireElements(String name, List<?> list) {
    Objects.requireNonNull(list, name);
    int index = 0;
    for (Object element : list) {
      if (element == null) {
        throw new NullPointerException("%s[%d]".formatted(name, index));
      }
      index++;
    }
  }

  /** A list of elements that are there, copied, which cannot be changed. */
  static <T> List<T> copyOf(String name, List<T> list) {
    requireElements(name, list);
    return List.copyOf(list);
  }
}
