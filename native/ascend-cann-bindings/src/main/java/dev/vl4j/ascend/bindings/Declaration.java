package dev.vl4j.ascend.bindings;

import static java.util.Objects.requireNonNull;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * A function of C.
 *
 * @param name the symbol that libraries export
 * @param result what it returns
 * @param parameters in order
 */
public record Declaration(String name, NativeType result, List<Parameter> parameters) {
  /** Checks for null. */
  public Declaration {
    requireNonNull(name, "name");
    requireNonNull(result, "result");
    parameters = List.copyOf(requireNonNull(parameters, "parameters"));
  }

  /**
   * A parameter of a function.
   *
   * @param name what it is for; libraries do not know it
   * @param type how it is passed
   */
  public record Parameter(String name, NativeType type) {
    /** Checks for null. */
    public Parameter {
      requireNonNull(name, "name");
      requireNonNull(type, "type");
    }
  }

  /** Reads what {@link #toString} writes. */
  static Declaration parse(String line) {
    List<String> words = List.of(line.split(" ", -1));
    List<Parameter> parameters = new ArrayList<>();
    for (String word : words.subList(2, words.size())) {
      int colon = word.indexOf(':');
      parameters.add(
          new Parameter(word.substring(colon + 1), NativeType.of(word.substring(0, colon))));
    }
    return new Declaration(words.getFirst(), NativeType.of(words.get(1)), parameters);
  }

  /** How {@link java.lang.foreign.Linker} calls it. */
  public FunctionDescriptor descriptor() {
    MemoryLayout[] layouts =
        parameters.stream().map(parameter -> parameter.type.layout()).toArray(MemoryLayout[]::new);
    return result == NativeType.VOID
        ? FunctionDescriptor.ofVoid(layouts)
        : FunctionDescriptor.of(result.layout(), layouts);
  }

  /** {@code aclrtFree i a:memory}: name, result, parameters. */
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder(name).append(' ').append(result.letter());
    for (Parameter parameter : parameters) {
      line.append(' ').append(parameter.type.letter()).append(':').append(parameter.name);
    }
    return line.toString();
  }
}
