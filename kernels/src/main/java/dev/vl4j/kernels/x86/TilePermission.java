package dev.vl4j.kernels.x86;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The operating system's leave to use AMX's tiles. Their 8 KiB make a thread's saved state so much
 * larger that Linux wants to be asked first, once for a process: all threads have it then (Linux,
 * Documentation/arch/x86/xstate.rst).
 */
final class TilePermission {
  private static final long SYS_ARCH_PRCTL = 158;
  private static final long ARCH_REQ_XCOMP_PERM = 0x1023;
  private static final long XFEATURE_XTILEDATA = 18;

  private static final int EPERM = 1;
  private static final int EINVAL = 22;
  private static final int ENOSPC = 28;
  private static final int EOPNOTSUPP = 95;

  private TilePermission() {}

  /** Asks; gives 0, or the error's number. */
  interface Source {
    int request();
  }

  /**
   * Asks for it. May be called again.
   *
   * @return why it is refused; empty if it is given
   */
  static String refusal() {
    String foreign = Platform.refusal();
    if (!foreign.isEmpty()) {
      return foreign; // the call's number means another call on other processors
    }
    String system = System.getProperty("os.name", "");
    if (!system.equals("Linux")) {
      return "tiles are asked for as on Linux, and this is " + system;
    }
    try {
      return refusal(TilePermission::request);
    } catch (IllegalCallerException e) {
      return "the system cannot be asked for tiles: " + e.getMessage();
    }
  }

  static String refusal(Source source) {
    int error = source.request();
    if (error == 0) {
      return "";
    }
    String meaning =
        switch (error) {
          case EPERM -> ": this process may not ask";
          case EINVAL -> ": Linux gives them from 5.16 on";
          case ENOSPC -> ": a thread's alternate signal stack is too small for them";
          case EOPNOTSUPP -> ": Linux does not support them on this processor";
          default -> "";
        };
    return "the system refuses tiles: arch_prctl(ARCH_REQ_XCOMP_PERM) failed with errno %d%s"
        .formatted(error, meaning);
  }

  @SuppressWarnings("restricted") // asking the system is what it is for
  private static int request() {
    StructLayout layout = Linker.Option.captureStateLayout();
    VarHandle errno = layout.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    ValueLayout.OfLong word = ValueLayout.JAVA_LONG;
    Linker linker = Linker.nativeLinker();
    // The C library's own arch_prctl is not to be had everywhere; syscall is.
    MethodHandle call =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("syscall"),
            FunctionDescriptor.of(word, word, word, word),
            Linker.Option.firstVariadicArg(1),
            Linker.Option.captureCallState("errno"));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(layout);
      long result =
          (long) call.invokeExact(state, SYS_ARCH_PRCTL, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA);
      return result == 0 ? 0 : (int) errno.get(state, 0L);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("syscall", e);
    }
  }
}
