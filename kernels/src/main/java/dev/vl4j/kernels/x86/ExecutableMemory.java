package dev.vl4j.kernels.x86;

import dev.vl4j.kernels.memory.SystemMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Pages for machine code. They are writable while the code is copied in and executable afterwards,
 * never both.
 */
final class ExecutableMemory {
  /** A function starts on a cache line of its own. */
  private static final int ALIGNMENT = 64;

  private ExecutableMemory() {}

  /**
   * Makes functions callable. Their memory stays for the life of the process.
   *
   * @return their entry points, in order
   * @throws SystemMemory.RefusedException if the system does not give executable memory
   * @throws IllegalStateException if {@link Platform} refuses: executing the code would end the
   *     process
   */
  static List<MemorySegment> load(List<byte[]> functions) {
    if (!Platform.refusal().isEmpty()) {
      throw new IllegalStateException("machine code for x86-64: " + Platform.refusal());
    }
    long size = 0;
    List<Long> offsets = new ArrayList<>();
    for (byte[] function : functions) {
      offsets.add(size);
      size += (function.length + ALIGNMENT - 1L) / ALIGNMENT * ALIGNMENT;
    }
    SystemMemory system = new SystemMemory();
    MemorySegment pages = system.map(size);
    List<MemorySegment> entries = new ArrayList<>();
    for (int i = 0; i < functions.size(); i++) {
      byte[] code = functions.get(i);
      MemorySegment.copy(code, 0, pages, ValueLayout.JAVA_BYTE, offsets.get(i), code.length);
      entries.add(pages.asSlice(offsets.get(i), code.length));
    }
    system.makeExecutable(pages);
    return entries;
  }
}
