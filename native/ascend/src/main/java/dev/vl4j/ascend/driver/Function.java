package dev.vl4j.ascend.driver;

import dev.vl4j.ascend.bindings.Declaration;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;

/** A function of a library, called as {@code ascend_abi.h} declares it. */
public final class Function {
  private final Declaration declaration;
  private final MethodHandle call;

  @SuppressWarnings("restricted") // calling native code is what it is for
  Function(Declaration declaration, MemorySegment address) {
    this.declaration = declaration;
    int parameters = declaration.parameters().size();
    call =
        Linker.nativeLinker()
            .downcallHandle(address, declaration.descriptor())
            .asSpreader(Object[].class, parameters)
            .asType(MethodType.methodType(Object.class, Object[].class));
  }

  /** As the header has it. */
  public Declaration declaration() {
    return declaration;
  }

  /** Calls a function that returns a status. */
  public int status(Object... arguments) {
    return (int) run(arguments);
  }

  /** Calls a function that returns an address. */
  public MemorySegment address(Object... arguments) {
    return (MemorySegment) run(arguments);
  }

  /**
   * @param arguments of exactly the types that the declaration has
   */
  private Object run(Object[] arguments) {
    try {
      return (Object) call.invokeExact(arguments);
    } catch (Throwable impossible) {
      throw new AssertionError(declaration.toString(), impossible);
    }
  }
}
