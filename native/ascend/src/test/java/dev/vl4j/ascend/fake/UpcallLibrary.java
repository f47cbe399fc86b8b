package dev.vl4j.ascend.fake;

import dev.vl4j.ascend.bindings.Declaration;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Native functions that are Java: each is called as the header declares it. */
@SuppressWarnings("restricted") // native code is to call it
final class UpcallLibrary {
  /** Answers a call. Must not throw. */
  interface Caller {
    Object call(Declaration function, List<Object> values);
  }

  private static final MethodHandle ENTER;

  static {
    try {
      ENTER =
          MethodHandles.lookup()
              .findVirtual(
                  UpcallLibrary.class,
                  "enter",
                  MethodType.methodType(Object.class, Declaration.class, Object[].class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Map<String, Declaration> functions;
  private final Caller caller;
  private final Map<String, MemorySegment> stubs = new HashMap<>();

  /**
   * @param functions that the library has, by name
   */
  UpcallLibrary(Map<String, Declaration> functions, Caller caller) {
    this.functions = functions;
    this.caller = caller;
  }

  synchronized Optional<MemorySegment> find(String symbol) {
    Declaration function = functions.get(symbol);
    return function == null
        ? Optional.empty()
        : Optional.of(stubs.computeIfAbsent(symbol, _ -> stub(function)));
  }

  private MemorySegment stub(Declaration function) {
    MethodType type = function.descriptor().toMethodType();
    MethodHandle entry =
        MethodHandles.insertArguments(ENTER.bindTo(this), 0, function)
            .asCollector(Object[].class, type.parameterCount())
            .asType(type);
    // Whoever has bound the function keeps the stub.
    return Linker.nativeLinker().upcallStub(entry, function.descriptor(), Arena.ofAuto());
  }

  @SuppressWarnings("UnusedMethod") // by its name, above
  private Object enter(Declaration function, Object[] values) {
    return caller.call(function, Arrays.asList(values));
  }
}
