package dev.vl4j.engine.prompt;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Token ids as they are found, until there are enough. */
final class IdList {
  private final int enough;
  private int[] ids = new int[256];
  private int size;
  private boolean stopped;

  /**
   * @param enough more ids than these are not wanted
   */
  IdList(int enough) {
    this.enough = enough;
  }

  void add(int id) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, 2 * size);
    }
    ids[size++] = id;
  }

  /** Whether there are more than are wanted. */
  boolean isEnough() {
    return stopped || size > enough;
  }

  /** Notes that there are more than are wanted, and that some were left out. */
  void stop() {
    stopped = true;
  }

  int size() {
    return size;
  }

  /** All ids, or null if some were left out. */
  int @Nullable [] toArray() {
    return stopped ? null : all();
  }

  /** All ids that were added. */
  int[] all() {
    return Arrays.copyOf(ids, size);
  }
}
