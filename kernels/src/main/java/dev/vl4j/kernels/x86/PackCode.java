package dev.vl4j.kernels.x86;

import dev.vl4j.kernels.tier.Tier;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
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

  // Not critical calls: where a page of weights has to be read from disk, a kernel takes its time.
  private static final MethodHandle FOUR = handle(4);
  private static final MethodHandle FIVE = handle(5);

  private static @Nullable PackCode instance;

  private final MemorySegment transpose;
  private final MemorySegment largest;
  private final MemorySegment quantise;

  private PackCode(List<MemorySegment> entries) {
    transpose = entries.get(0);
    largest = entries.get(1);
    quantise = entries.get(2);
  }

  /** The kernels of a tier, or null if it is one without AVX-512. */
  public static synchronized @Nullable PackCode of(Tier tier) {
    return switch (tier) {
      case AVX512_VNNI, AVX512_BF16, AMX_INT8, AMX_BF16 -> {
        PackCode code = instance;
        if (code == null) {
          code =
              new PackCode(
                  ExecutableMemory.load(
                      List.of(
                          PackKernels.transpose(), PackKernels.largest(), PackKernels.quantise())));
          instance = code;
        }
        yield code;
      }
      case VECTOR_API, AVX2, AVX_VNNI, NEON_DOTPROD, NEON_I8MM, NEON_BF16 -> null;
    };
  }

  @SuppressWarnings("restricted") // calling machine code is what it is for
  private static MethodHandle handle(int arguments) {
    ValueLayout[] layouts = new ValueLayout[arguments];
    Arrays.fill(layouts, ValueLayout.JAVA_LONG);
    return Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(layouts));
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
      FOUR.invokeExact(transpose, rows, offset, target, turns);
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
      FOUR.invokeExact(largest, row, turns, lanes.address(), lanes.address());
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
      FIVE.invokeExact(quantise, row, target, turns, lanes.address(), lanes.address());
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
