package dev.vl4j.kernels.x86;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

  /** Generates a kernel of a kind for a panel of so many columns. */
  private interface Generator {
    byte[] write(OutputKind kind, int panel);
  }

  private record Key(OutputKind kind, int panel) {}

  private final Generator generator;
  private final MemorySegment constants;
  private final Map<Key, MemorySegment> kernels = new ConcurrentHashMap<>();

  private OutputCode(Generator generator, MemorySegment constants) {
    this.generator = generator;
    this.constants = constants;
  }

  /** On 512 bits, for all kinds, of panels of {@link MachineCode#PANEL} columns. */
  static OutputCode wide() {
    MemorySegment constants = Arena.global().allocate(Elementary.constantBytes(512), 64);
    Elementary.putConstants(512, constants);
    return new OutputCode((kind, panel) -> OutputKernels.write(kind), constants);
  }

  /**
   * On 256 bits, for float32 sums of whole panels to float32.
   *
   * @param constants of {@link Elementary} on 256 bits
   */
  static OutputCode narrow(MemorySegment constants) {
    return new OutputCode(NarrowOutputKernels::write, constants);
  }

  /**
   * The kernel of a kind of output, for {@link #write}.
   *
   * @param panel columns of the sums
   */
  public MemorySegment kernel(OutputKind kind, int panel) {
    return kernels.computeIfAbsent(
        new Key(kind, panel),
        missing ->
            ExecutableMemory.load(List.of(generator.write(missing.kind, missing.panel)))
                .getFirst());
  }

  /**
   * Turns sums of one panel into output.
   *
   * @param kernel from {@link #kernel}
   * @param frame the arguments, see {@link OutputSlot}; the constants are filled in here
   */
  public void write(MemorySegment kernel, MemorySegment frame) {
    OutputSlot.CONSTANTS.put(frame, constants.address());
    Calls.withFrame(kernel, frame.address());
  }
}
