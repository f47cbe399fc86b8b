package dev.vl4j.cuda.driver;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.vl4j.device.library.Symbols;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A library's functions as method handles, and a list of what was bound, to check it by. */
@SuppressWarnings("restricted") // calling native code is what it is for
final class Functions {
  private final Symbols symbols;
  private final List<Signature> signatures = new ArrayList<>();

  Functions(Symbols symbols) {
    this.symbols = symbols;
  }

  /**
   * A function that returns a status.
   *
   * @throws CudaException if the library has no such function
   */
  MethodHandle bind(String symbol, MemoryLayout... arguments) {
    return bind(symbol, FunctionDescriptor.of(JAVA_INT, arguments));
  }

  MethodHandle bind(String symbol, FunctionDescriptor type) {
    return find(symbol, type)
        .orElseThrow(() ->
            new CudaException(
                "%s has no function %s: its version is not supported, CUDA 12 and 13 are"
                    .formatted(symbols.name(), symbol),
                0));
  }

  /** A function that returns a status, and that not all versions of the library have. */
  Optional<MethodHandle> find(String symbol, MemoryLayout... arguments) {
    return find(symbol, FunctionDescriptor.of(JAVA_INT, arguments));
  }

  private Optional<MethodHandle> find(String symbol, FunctionDescriptor type) {
    signatures.add(new Signature(symbol, type));
    Optional<MemorySegment> address = symbols.find(symbol);
    return address.map(at -> Linker.nativeLinker().downcallHandle(at, type));
  }

  /** What messages call the library. */
  String library() {
    return symbols.name();
  }

  /** Everything that was looked for. */
  List<Signature> signatures() {
    return List.copyOf(signatures);
  }

  /** Text that a library keeps. */
  static String text(MemorySegment address) {
    return address.equals(MemorySegment.NULL)
        ? "unknown"
        : address.reinterpret(Long.MAX_VALUE).getString(0);
  }
}
