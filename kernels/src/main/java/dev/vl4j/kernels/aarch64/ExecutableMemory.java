package dev.vl4j.kernels.aarch64;

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
   * @return the functions, in order
   * @throws SystemMemory.RefusedException if the system does not give executable memory
   * @throws IllegalStateException if {@link Platform} refuses: executing the code would end the
   *     process
   */
  static List<Kernel> load(List<byte[]> functions) {
    if (!Platform.refusal().isEmpty()) {
      throw new IllegalStateException("machine code for aarch64: " + Platform.refusal());
    }
    List<Long> offsets = new ArrayList<>();
    long size = 0;
    for (byte[] function : functions) {
      offsets.add(size);
      size += (function.length + ALIGNMENT - 1L) / ALIGNMENT * ALIGNMENT;
    }
    SystemMemory system = new SystemMemory();
    MemorySegment pages = system.map(size);
    List<Kernel> kernels = new ArrayList<>();
    for (int i = 0; i < functions.size(); i++) {
      byte[] code = functions.get(i);
      MemorySegment.copy(code, 0, pages, ValueLayout.JAVA_BYTE, offsets.get(i), code.length);
      kernels.add(Calls.kernel(pages.asSlice(offsets.get(i), code.length)));
    }
    system.makeExecutable(pages);
    InstructionCache.synchronise(pages);
    return kernels;
  }
}
