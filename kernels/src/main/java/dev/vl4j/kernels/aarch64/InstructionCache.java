package dev.vl4j.kernels.aarch64;

import dev.vl4j.kernels.memory.SystemMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Makes what was written as data visible as instructions. On aarch64 that takes maintenance of both
 * caches, line by line, and barriers; {@code __clear_cache} of the compiler's runtime library does
 * it, which every process on glibc has at hand.
 */
@SuppressWarnings("restricted") // calling it is what this class is for
final class InstructionCache {
  private static final String FUNCTION = "__clear_cache";
  private static final String LIBRARY = "libgcc_s.so.1";

  private InstructionCache() {}

  /**
   * Synchronises some memory for all cores.
   *
   * @throws SystemMemory.RefusedException if the function is not to be found
   * @throws IllegalCallerException if Java was told to deny native access
   */
  static void synchronise(MemorySegment code) {
    MethodHandle clear =
        Linker.nativeLinker()
            .downcallHandle(
                function(),
                FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    try {
      clear.invokeExact(code.address(), code.address() + code.byteSize());
    } catch (Throwable e) {
      throw Calls.unexpected(e);
    }
  }

  private static MemorySegment function() {
    return Linker.nativeLinker()
        .defaultLookup()
        .find(FUNCTION)
        .or(InstructionCache::fromLibrary)
        .orElseThrow(() ->
            new SystemMemory.RefusedException(
                "no function %s in %s, to make code visible".formatted(FUNCTION, LIBRARY)));
  }

  private static Optional<MemorySegment> fromLibrary() {
    try {
      return SymbolLookup.libraryLookup(LIBRARY, Arena.global()).find(FUNCTION);
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // there is no such library
    }
  }
}
