package dev.vl4j.cuda.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.vl4j.device.library.Symbols;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The functions of NVRTC, the compiler of kernels. It needs no GPU and no driver. */
public final class Nvrtc {
  private final Functions functions;
  private final MethodHandle version;
  private final MethodHandle create;
  private final MethodHandle compile;
  private final MethodHandle logSize;
  private final MethodHandle log;
  private final MethodHandle cubinSize;
  private final MethodHandle cubin;
  private final MethodHandle destroy;
  private final MethodHandle errorString;
  private final MethodHandle architectureCount;
  private final MethodHandle architectures;

  /**
   * Binds the functions; calls none.
   *
   * @throws CudaException if one is missing
   */
  public Nvrtc(Symbols symbols) {
    functions = new Functions(symbols);
    version = functions.bind("nvrtcVersion", ADDRESS, ADDRESS);
    create =
        functions.bind("nvrtcCreateProgram", ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS);
    compile = functions.bind("nvrtcCompileProgram", JAVA_LONG, JAVA_INT, ADDRESS);
    logSize = functions.bind("nvrtcGetProgramLogSize", JAVA_LONG, ADDRESS);
    log = functions.bind("nvrtcGetProgramLog", JAVA_LONG, ADDRESS);
    cubinSize = functions.bind("nvrtcGetCUBINSize", JAVA_LONG, ADDRESS);
    cubin = functions.bind("nvrtcGetCUBIN", JAVA_LONG, ADDRESS);
    destroy = functions.bind("nvrtcDestroyProgram", ADDRESS);
    errorString = functions.bind("nvrtcGetErrorString", FunctionDescriptor.of(ADDRESS, JAVA_INT));
    architectureCount = functions.bind("nvrtcGetNumSupportedArchs", ADDRESS);
    architectures = functions.bind("nvrtcGetSupportedArchs", ADDRESS);
  }

  /** The compiler of a library, if there is one. */
  public static @Nullable Nvrtc of(@Nullable Symbols symbols) {
    return symbols == null ? null : new Nvrtc(symbols);
  }

  /** Every function that was looked for, with the types that it is called with. */
  List<Signature> signatures() {
    return functions.signatures();
  }

  private void check(String operation, Driver.Call call) {
    int status = Driver.status(call);
    if (status != NvrtcConstants.NVRTC_SUCCESS) {
      throw new CudaException("%s: %s (%d)".formatted(operation, text(status), status), status);
    }
  }

  private String text(int status) {
    try {
      return Functions.text((MemorySegment) errorString.invokeExact(status));
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** What messages call the library: its file or soname. */
  public String name() {
    return functions.library();
  }

  /** For example {@code 13.0}. */
  public String version() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment major = arena.allocate(JAVA_INT);
      MemorySegment minor = arena.allocate(JAVA_INT);
      check("nvrtcVersion", () -> (int) version.invokeExact(major, minor));
      return major.get(JAVA_INT, 0) + "." + minor.get(JAVA_INT, 0);
    }
  }

  /** Compute capabilities that it compiles for: 90 for 9.0. Ascending. */
  public int[] architectures() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(JAVA_INT);
      check("nvrtcGetNumSupportedArchs", () -> (int) architectureCount.invokeExact(count));
      MemorySegment numbers = arena.allocate(JAVA_INT, Math.max(1, count.get(JAVA_INT, 0)));
      check("nvrtcGetSupportedArchs", () -> (int) architectures.invokeExact(numbers));
      return numbers.asSlice(0, 4L * count.get(JAVA_INT, 0)).toArray(JAVA_INT);
    }
  }

  /**
   * Compiles a program to machine code (a cubin).
   *
   * @param name what the compiler's messages call the source
   * @param architecture for example {@code sm_90a}
   * @param options besides the architecture's
   * @throws CudaException with the compiler's messages
   */
  public byte[] compile(String name, String source, String architecture, List<String> options) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment program = arena.allocate(JAVA_LONG);
      MemorySegment text = arena.allocateFrom(source);
      MemorySegment title = arena.allocateFrom(name);
      MemorySegment none = MemorySegment.NULL;
      check(
          "nvrtcCreateProgram of " + name,
          () -> (int) create.invokeExact(program, text, title, 0, none, none));
      long handle = program.get(JAVA_LONG, 0);
      try {
        int count = options.size() + 1;
        MemorySegment pointers = arena.allocate(ADDRESS, count);
        pointers.setAtIndex(ADDRESS, 0, arena.allocateFrom("--gpu-architecture=" + architecture));
        for (int i = 0; i < options.size(); i++) {
          pointers.setAtIndex(ADDRESS, i + 1, arena.allocateFrom(options.get(i)));
        }
        int status = Driver.status(() -> (int) compile.invokeExact(handle, count, pointers));
        if (status != NvrtcConstants.NVRTC_SUCCESS) {
          byte[] said = read(arena, "nvrtcGetProgramLog", logSize, log, handle);
          throw new CudaException(
              "nvrtcCompileProgram of %s for %s: %s (%d)%n%s"
                  .formatted(
                      name,
                      architecture,
                      text(status),
                      status,
                      new String(said, StandardCharsets.UTF_8).replace("\0", "").strip()),
              status);
        }
        return read(arena, "nvrtcGetCUBIN", cubinSize, cubin, handle);
      } finally {
        check("nvrtcDestroyProgram", () -> (int) destroy.invokeExact(program));
      }
    }
  }

  private byte[] read(
      Arena arena, String operation, MethodHandle sizeOf, MethodHandle get, long program) {
    MemorySegment size = arena.allocate(JAVA_LONG);
    check(operation + "Size", () -> (int) sizeOf.invokeExact(program, size));
    MemorySegment bytes = arena.allocate(size.get(JAVA_LONG, 0));
    check(operation, () -> (int) get.invokeExact(program, bytes));
    return bytes.toArray(JAVA_BYTE);
  }
}
