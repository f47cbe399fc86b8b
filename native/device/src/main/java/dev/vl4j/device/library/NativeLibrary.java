package dev.vl4j.device.library;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.vl4j.kernels.BackendException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * A shared library, opened with dlopen itself rather than through {@code SymbolLookup}: dlerror
 * names the dependency that is missing, where the exception of {@code SymbolLookup} does not. A
 * library stays open until the process ends.
 */
@SuppressWarnings("restricted") // calling native code is what it is for
public final class NativeLibrary implements Symbols {
  /** RTLD_NOW of dlfcn.h. */
  private static final int RESOLVE_NOW = 2;

  /** RTLD_GLOBAL of dlfcn.h. */
  private static final int GLOBAL = 0x100;

  /** The system's own calls (POSIX, dlfcn.h). */
  private record Calls(MethodHandle open, MethodHandle find, MethodHandle error) {
    private static Calls bind() {
      return new Calls(
          bind("dlopen", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT)),
          bind("dlsym", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS)),
          bind("dlerror", FunctionDescriptor.of(ADDRESS)));
    }

    private static MethodHandle bind(String symbol, FunctionDescriptor type) {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(linker.defaultLookup().findOrThrow(symbol), type);
    }
  }

  private final Calls calls;
  private final String name;
  private final MemorySegment handle;

  private NativeLibrary(Calls calls, String name, MemorySegment handle) {
    this.calls = calls;
    this.name = name;
    this.handle = handle;
  }

  /**
   * Opens a library.
   *
   * @param name a path, or a soname that the system looks for
   * @throws BackendException with the system's reason if it does not open
   * @throws IllegalCallerException if Java was told to deny native access
   */
  public static NativeLibrary open(String name) {
    return open(name, RESOLVE_NOW);
  }

  /**
   * Opens a library whose functions those that are opened later may call by name, see {@link
   * #open}.
   */
  public static NativeLibrary openGlobally(String name) {
    return open(name, RESOLVE_NOW | GLOBAL);
  }

  private static NativeLibrary open(String name, int mode) {
    Calls calls = Calls.bind();
    MemorySegment handle;
    String reason;
    try (Arena arena = Arena.ofConfined()) {
      handle = (MemorySegment) calls.open.invokeExact(arena.allocateFrom(name), mode);
      reason = handle.equals(MemorySegment.NULL) ? reason(calls) : "";
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
    if (handle.equals(MemorySegment.NULL)) {
      throw new BackendException(
          reason.startsWith(name) ? reason : "%s does not open: %s".formatted(name, reason));
    }
    return new NativeLibrary(calls, name, handle);
  }

  private static String reason(Calls calls) throws Throwable {
    var message = (MemorySegment) calls.error.invokeExact();
    return message.equals(MemorySegment.NULL)
        ? "no reason given"
        : message.reinterpret(Long.MAX_VALUE).getString(0);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Optional<MemorySegment> find(String symbol) {
    try (Arena arena = Arena.ofConfined()) {
      var address = (MemorySegment) calls.find.invokeExact(handle, arena.allocateFrom(symbol));
      return address.equals(MemorySegment.NULL) ? Optional.empty() : Optional.of(address);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }
}
