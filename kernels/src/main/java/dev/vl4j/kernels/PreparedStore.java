package dev.vl4j.kernels;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Memory of prepared weights that outlives a process, by name. A backend that is given one with
 * {@link PackedWeights#prepareFrom} looks there before it prepares a weight, and adds what it
 * prepared.
 */
public interface PreparedStore {
  /** Has nothing and keeps nothing. */
  PreparedStore NONE =
      new PreparedStore() {
        @Override
        public @Nullable MemorySegment find(String name, long bytes) {
          return null;
        }

        @Override
        public void add(String name, List<MemorySegment> pieces) {}
      };

  /**
   * What was added under this name in an earlier process, read-only, starting on a page; null if
   * there is none of this size. Valid until the store is closed.
   */
  @Nullable MemorySegment find(String name, long bytes);

  /**
   * Adds memory whose pieces follow each other. It must stay as it is until the store has saved it.
   */
  void add(String name, List<MemorySegment> pieces);
}
