package dev.vl4j.kernels.aarch64;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Calls of kernels; loaded only when there are any. */
final class Calls {
  /** Kernels finish in microseconds, so the collector may wait for them. */
  private static final Linker.Option SHORT = Linker.Option.critical(false);

  private static final MethodHandle FOUR = handle();

  private Calls() {}

  @SuppressWarnings("restricted") // calling machine code is what it is for
  private static MethodHandle handle() {
    ValueLayout word = ValueLayout.JAVA_LONG;
    return Linker.nativeLinker()
        .downcallHandle(FunctionDescriptor.ofVoid(word, word, word, word), SHORT);
  }

  /** Code at an address as a kernel. */
  static Kernel kernel(MemorySegment entry) {
    return (first, second, third, fourth) -> {
      try {
        FOUR.invokeExact(entry, first, second, third, fourth);
      } catch (Throwable e) {
        throw unexpected(e);
      }
    };
  }

  /** What a call can only throw if it was made in a wrong way. */
  static RuntimeException unexpected(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException exception
        ? exception
        : new IllegalStateException("a call of machine code failed", e);
  }
}
