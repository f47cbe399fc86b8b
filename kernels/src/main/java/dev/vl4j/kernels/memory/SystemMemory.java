package dev.vl4j.kernels.memory;

import dev.vl4j.kernels.BackendException;
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
 * The operating system's own calls on memory (POSIX mmap, mprotect, munmap, madvise), for Linux and
 * macOS. Java's allocation cannot ask for huge pages or for executable ones.
 */
@SuppressWarnings("restricted") // what it is for
public final class SystemMemory {
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int PROT_EXEC = 4;
  private static final int MAP_PRIVATE = 2;
  private static final int MAP_ANONYMOUS_LINUX = 0x20;
  private static final int MAP_ANONYMOUS_MAC = 0x1000;
  private static final int MADV_HUGEPAGE = 14;
  private static final long MAP_FAILED = -1;

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final String SYSTEM = System.getProperty("os.name", "");

  private final MethodHandle mmap;
  private final MethodHandle mprotect;
  private final MethodHandle munmap;
  private final MethodHandle madvise;

  /** The system refuses; the message says which call failed and how. */
  public static final class RefusedException extends BackendException {
    private static final long serialVersionUID = 1L;

    /** With what the system said. */
    public RefusedException(String message) {
      super(message);
    }
  }

  /**
   * Finds the calls.
   *
   * @throws RefusedException if this system has none of them
   * @throws IllegalCallerException if Java was told to deny native access
   */
  public SystemMemory() {
    if (!SYSTEM.equals("Linux") && !SYSTEM.startsWith("Mac")) {
      throw new RefusedException("memory calls are known for Linux and macOS, not for " + SYSTEM);
    }
    ValueLayout.OfLong word = ValueLayout.JAVA_LONG;
    ValueLayout.OfInt number = ValueLayout.JAVA_INT;
    mmap = function("mmap", FunctionDescriptor.of(word, word, word, number, number, number, word));
    mprotect = function("mprotect", FunctionDescriptor.of(number, word, word, number));
    munmap = function("munmap", FunctionDescriptor.of(number, word, word));
    madvise = function("madvise", FunctionDescriptor.of(number, word, word, number));
  }

  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    MemorySegment address =
        linker
            .defaultLookup()
            .find(name)
            .orElseThrow(() -> new RefusedException("no function " + name + " in the C library"));
    return linker.downcallHandle(address, descriptor, Linker.Option.captureCallState("errno"));
  }

  /** Zeroed, writable pages, to be given back with {@link #unmap}. */
  public MemorySegment map(long bytes) {
    int anonymous = SYSTEM.equals("Linux") ? MAP_ANONYMOUS_LINUX : MAP_ANONYMOUS_MAC;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long address =
          (long)
              mmap.invokeExact(
                  state, 0L, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | anonymous, -1, 0L);
      if (address == MAP_FAILED) {
        throw new RefusedException(failure("mmap of %d bytes".formatted(bytes), state));
      }
      return MemorySegment.ofAddress(address).reinterpret(bytes);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("mmap", e);
    }
  }

  /** The same in huge pages where the system has them, given back when the arena is closed. */
  public MemorySegment mapHuge(long bytes, Arena arena) {
    MemorySegment pages = map(bytes);
    adviseHugePages(pages);
    return pages.reinterpret(arena, this::unmap);
  }

  /** Makes writable pages executable, and no longer writable. */
  public void makeExecutable(MemorySegment pages) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int result =
          (int)
              mprotect.invokeExact(state, pages.address(), pages.byteSize(), PROT_READ | PROT_EXEC);
      if (result != 0) {
        throw new RefusedException(failure("mprotect to executable", state));
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("mprotect", e);
    }
  }

  /** Asks Linux for huge pages: fewer faults to fill them, fewer misses to read them. */
  public void adviseHugePages(MemorySegment pages) {
    if (SYSTEM.equals("Linux")) {
      try (Arena arena = Arena.ofConfined()) {
        // A wish: a kernel built without huge pages says EINVAL, and nothing is lost.
        int _ =
            (int)
                madvise.invokeExact(
                    arena.allocate(STATE), pages.address(), pages.byteSize(), MADV_HUGEPAGE);
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException("madvise", e);
      }
    }
  }

  /** Gives pages back. Whoever still holds an address in them must not use it. */
  public void unmap(MemorySegment pages) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int result = (int) munmap.invokeExact(state, pages.address(), pages.byteSize());
      if (result != 0) {
        throw new RefusedException(failure("munmap", state));
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("munmap", e);
    }
  }

  private static String failure(String call, MemorySegment state) {
    return "%s failed with errno %d".formatted(call, (int) ERRNO.get(state, 0L));
  }
}
