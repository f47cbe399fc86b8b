package dev.vl4j.kernels.x86;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/** Calls of kernels, by their number of arguments; loaded only when there are any. */
final class Calls {
  /** Kernels finish in microseconds, so the collector may wait for them. */
  private static final Linker.Option SHORT = Linker.Option.critical(false);

  static final MethodHandle LONG_RUNNING = handle(1);

  /** For kernels that read files: where a page comes from disk, the collector does not wait. */
  static final MethodHandle PATIENT_FOUR = handle(4);

  static final MethodHandle PATIENT_FIVE = handle(5);

  private static final MethodHandle ONE = handle(1, SHORT);
  static final MethodHandle THREE = handle(3, SHORT);
  static final MethodHandle FOUR = handle(4, SHORT);
  static final MethodHandle FIVE = handle(5, SHORT);
  static final MethodHandle SIX = handle(6, SHORT);
  static final MethodHandle SEVEN = handle(7, SHORT);
  static final MethodHandle EIGHT = handle(8, SHORT);

  /** The same of kernels that take memory of the Java heap, which stays where it is meanwhile. */
  private static final Linker.Option SHORT_ON_HEAP = Linker.Option.critical(true);

  static final MethodHandle TILES = onHeap("MLLMLLLLLLLL");
  static final MethodHandle FETCHING_TILES = onHeap("MLLMLLLLLLLLLL");
  static final MethodHandle DIVIDE = onHeap("MMLLLLL");

  private Calls() {}

  @SuppressWarnings("restricted") // calling machine code is what it is for
  private static MethodHandle handle(int arguments, Linker.Option... options) {
    ValueLayout[] layouts = new ValueLayout[arguments];
    Arrays.fill(layouts, ValueLayout.JAVA_LONG);
    return Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(layouts), options);
  }

  /**
   * @param arguments a letter each: M for memory, L for a number
   */
  @SuppressWarnings("restricted") // calling machine code is what it is for
  private static MethodHandle onHeap(String arguments) {
    ValueLayout[] layouts =
        arguments
            .chars()
            .mapToObj(letter -> letter == 'M' ? ValueLayout.ADDRESS : ValueLayout.JAVA_LONG)
            .toArray(ValueLayout[]::new);
    return Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(layouts), SHORT_ON_HEAP);
  }

  /** Calls a kernel whose arguments are in a frame. */
  static void withFrame(MemorySegment kernel, long frame) {
    try {
      ONE.invokeExact(kernel, frame);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** What a call can only throw if it was made in a wrong way. */
  static IllegalStateException unexpected(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return new IllegalStateException("a call of machine code failed", e);
  }
}
