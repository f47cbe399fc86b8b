package dev.vl4j.kernels.x86;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What becomes of products' sums: a kernel for each kind, emitted when it is first wanted. */
public final class OutputCode {
  /** Bytes of an entry of {@link OutputSlot#HIGH_DIGITS}. */
  public static final int HIGH_BYTES = OutputKernels.HIGH_BYTES;

  /** Offset of the word of operands in such an entry. */
  public static final int HIGH_WORD = OutputKernels.HIGH_WORD;

  /** Entries of one sign are filled up with zeros to a multiple of so many. */
  public static final int HIGH_GROUP = OutputKernels.HIGH_GROUP;

  private final MemorySegment constants;
  private final Map<OutputKind, MemorySegment> kernels = new ConcurrentHashMap<>();

  OutputCode() {
    Elementary.Constant[] all = Elementary.Constant.values();
    constants = Arena.global().allocate(ValueLayout.JAVA_FLOAT, all.length);
    for (int i = 0; i < all.length; i++) {
      constants.setAtIndex(ValueLayout.JAVA_FLOAT, i, all[i].value());
    }
  }

  /** The kernel of a kind of output, for {@link #write}. */
  public MemorySegment kernel(OutputKind kind) {
    return kernels.computeIfAbsent(
        kind, missing -> ExecutableMemory.load(List.of(OutputKernels.write(missing))).getFirst());
  }

  /**
   * Turns sums of one panel into output.
   *
   * @param kernel from {@link #kernel}
   * @param frame the arguments, see {@link OutputSlot}; the constants are filled in here
   */
  public void write(MemorySegment kernel, MemorySegment frame) {
    frame.set(ValueLayout.JAVA_LONG, OutputSlot.CONSTANTS.offset(), constants.address());
    Calls.withFrame(kernel, frame.address());
  }
}
