package dev.vl4j.search;

import java.util.Objects;

/**
 * An entry with its vector.
 *
 * @param entry what the vector stands for
 * @param vector {@code [dimensions]}, of length 1 (Euclidean); not to be changed
 */
public record IndexedEntry(Entry entry, float[] vector) {
  /**
   * @throws NullPointerException if the entry or the vector is null
   */
  public IndexedEntry {
    Objects.requireNonNull(entry, "entry");
    Objects.requireNonNull(vector, "vector");
  }
}
