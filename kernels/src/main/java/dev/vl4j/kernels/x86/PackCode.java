package dev.vl4j.kernels.x86;

import dev.vl4j.kernels.tier.Architecture;
import dev.vl4j.kernels.tier.Tier;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Emitted kernels that lay out weights. What a model is opened with runs once, in the first second
 * of a process: too early for compiled Java.
 */
public final class PackCode {
  /** Words of each row that a turn of {@link #transpose} takes. */
  public static final int WORDS = PackKernels.LANES;

  /** Elements that a turn of {@link #largest} and {@link #quantise} takes. */
  public static final int ELEMENTS = PackKernels.LANES;

  /** All bits of a bfloat16 but its sign. */
  private static final int MAGNITUDE = 0x7FFF;

  private static @Nullable PackCode instance;

  private final MemorySegment transpose;
  private final MemorySegment largest;
  private final MemorySegment quantise;

  private PackCode(List<MemorySegment> entries) {
    transpose = entries.get(0);
    largest = entries.get(1);
    quantise = entries.get(2);
  }

  /** The kernels of this process's tier, or null if it is none for x86-64. */
  public static synchronized @Nullable PackCode of(Tier tier) {
    if (tier.architecture() != Architecture.X86_64) {
      return null;
    }
    PackCode code = instance;
    if (code == null) {
      code = tier.usesWideVectors() ? wide() : narrow();
      instance = code;
    }
    return code;
  }

  /** On 512 bits. */
  static PackCode wide() {
    return new PackCode(
        ExecutableMemory.load(
            List.of(PackKernels.transpose(), PackKernels.largest(512), PackKernels.quantise(512))));
  }

  /** On 256 bits. */
  static PackCode narrow() {
    return new PackCode(
        ExecutableMemory.load(
            List.of(
                NarrowPackKernels.transpose(),
                PackKernels.largest(256),
                PackKernels.quantise(256))));
  }

  /**
   * Transposes {@link MachineCode#PANEL} rows of 32-bit words.
   *
   * @param rows address of the rows' addresses
   * @param offset bytes from there
   * @param target address of {@code [turns][WORDS][PANEL]} words
   * @param turns of {@link #WORDS} words of each row, at least 1
   */
  public void transpose(long rows, long offset, long target, long turns) {
    try {
      Calls.PATIENT_FOUR.invokeExact(transpose, rows, offset, target, turns);
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  /**
   * The bits of the largest magnitude among bfloat16.
   *
   * @param row address of the elements
   * @param turns of {@link #ELEMENTS} of them, at least 1
   * @param lanes scratch of 64 bytes
   */
  public int largest(long row, long turns, MemorySegment lanes) {
    lanes.set(ValueLayout.JAVA_INT, 0, MAGNITUDE);
    try {
      Calls.PATIENT_FOUR.invokeExact(largest, row, turns, lanes.address(), lanes.address());
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    int all = 0;
    for (int lane = 0; lane < ELEMENTS; lane++) {
      all = Math.max(all, lanes.getAtIndex(ValueLayout.JAVA_INT, lane));
    }
    return all;
  }

  /**
   * Divides bfloat16 by a step and rounds them to bytes, to nearest even.
   *
   * @param row address of the elements
   * @param target address of as many bytes
   * @param turns of {@link #ELEMENTS} elements, at least 1
   * @param step so large that all quotients fit
   * @param lanes scratch of 64 bytes
   * @return the sum of the bytes
   */
  public int quantise(long row, long target, long turns, float step, MemorySegment lanes) {
    lanes.set(ValueLayout.JAVA_FLOAT, 0, step);
    try {
      Calls.PATIENT_FIVE.invokeExact(
          quantise, row, target, turns, lanes.address(), lanes.address());
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
    int sum = 0;
    for (int lane = 0; lane < ELEMENTS; lane++) {
      sum += lanes.getAtIndex(ValueLayout.JAVA_INT, lane);
    }
    return sum;
  }
}
