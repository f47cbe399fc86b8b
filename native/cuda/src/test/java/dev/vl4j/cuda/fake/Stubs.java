package dev.vl4j.cuda.fake;

import dev.vl4j.device.library.Symbols;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A library made of Java methods: each with a {@link Symbol} becomes a native function of the types
 * that the header has for it.
 */
@SuppressWarnings("restricted") // native code is to call it
final class Stubs implements Symbols {
  /** What goes on around each call. */
  interface Caller {
    /** Calls the method, or answers in its place. Must not throw. */
    Object call(String symbol, Method method, Body body);
  }

  /** The method, with arguments. */
  interface Body {
    Object run() throws Throwable;
  }

  /** A method, and what it is called on. */
  private record Implementation(Object target, Method method) {}

  private static final MethodHandle ENTER;

  static {
    try {
      ENTER =
          MethodHandles.lookup()
              .findVirtual(
                  Stubs.class,
                  "enter",
                  MethodType.methodType(
                      Object.class,
                      String.class,
                      Method.class,
                      MethodHandle.class,
                      Object[].class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final String name;
  private final Set<String> missing;
  private final Caller caller;
  private final Map<String, Implementation> implementations = new HashMap<>();
  private final Map<String, MemorySegment> stubs = new HashMap<>();

  /**
   * @param targets have the methods
   * @param missing functions that the library does not have all the same
   */
  Stubs(String name, List<Object> targets, Set<String> missing, Caller caller) {
    this.name = name;
    this.missing = missing;
    this.caller = caller;
    for (Object target : targets) {
      for (Method method : target.getClass().getDeclaredMethods()) {
        Symbol symbol = method.getAnnotation(Symbol.class);
        if (symbol != null) {
          implementations.put(symbol.value(), new Implementation(target, method));
        }
      }
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public synchronized Optional<MemorySegment> find(String symbol) {
    if (missing.contains(symbol) || !implementations.containsKey(symbol)) {
      return Optional.empty();
    }
    return Optional.of(stubs.computeIfAbsent(symbol, this::stub));
  }

  private MemorySegment stub(String symbol) {
    HeaderTable.Function function = HeaderTable.get().functions().get(symbol);
    if (function == null) {
      throw new IllegalStateException(
          "the header table has no %s: run bench/cuda/signatures.py".formatted(symbol));
    }
    FunctionDescriptor descriptor = function.descriptor();
    MethodType type = descriptor.toMethodType();
    Implementation implementation = implementations.get(symbol);
    Method method = implementation.method();
    MethodHandle body;
    try {
      body = MethodHandles.lookup().unreflect(method).bindTo(implementation.target());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(symbol, e);
    }
    if (!body.type().equals(type)) {
      throw new IllegalStateException(
          "%s of the fake has the type %s, and %s in the header"
              .formatted(symbol, body.type(), type));
    }
    MethodHandle spread =
        body.asSpreader(Object[].class, type.parameterCount())
            .asType(MethodType.methodType(Object.class, Object[].class));
    MethodHandle entry =
        MethodHandles.insertArguments(ENTER.bindTo(this), 0, symbol, method, spread)
            .asCollector(Object[].class, type.parameterCount())
            .asType(type);
    // Whoever has bound the function keeps the stub.
    return Linker.nativeLinker().upcallStub(entry, descriptor, Arena.ofAuto());
  }

  /** An exception here would end the process. */
  @SuppressWarnings("UnusedMethod") // by its name, above
  private Object enter(String symbol, Method method, MethodHandle body, Object[] arguments) {
    return caller.call(symbol, method, () -> (Object) body.invokeExact(arguments));
  }
}
