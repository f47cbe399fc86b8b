package dev.vl4j.bench;

import dev.vl4j.engine.Precision;
import dev.vl4j.kernels.OperandFormat;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Command-line options of the form {@code --name value}, and flags, which have no value. */
public final class Arguments {
  private final Map<String, String> values = new HashMap<>();

  /**
   * Reads a command line.
   *
   * @param known names that are allowed, without dashes
   */
  public Arguments(String[] arguments, String... known) {
    this(Set.of(), arguments, known);
  }

  /**
   * Reads a command line that may have flags.
   *
   * @param flags their names
   */
  public Arguments(Set<String> flags, String[] arguments, String... known) {
    List<String> names = Arrays.asList(known);
    for (int i = 0; i < arguments.length; i++) {
      String name = arguments[i].startsWith("--") ? arguments[i].substring(2) : "";
      if (flags.contains(name)) {
        values.put(name, "");
      } else if (names.contains(name) && i + 1 < arguments.length) {
        values.put(name, arguments[++i]);
      } else {
        throw new IllegalArgumentException(
            "%s: expected an option of %s and its value%s"
                .formatted(arguments[i], names, flags.isEmpty() ? "" : ", or one of " + flags));
      }
    }
  }

  /** Whether an option or a flag was given. */
  public boolean has(String name) {
    return values.containsKey(name);
  }

  /** The value of an option that must be there. */
  public String require(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("--" + name + " is missing");
    }
    return value;
  }

  public String string(String name, String otherwise) {
    @Nullable String value = values.get(name);
    return value == null ? otherwise : value;
  }

  /** A path, or null if the option was left out. */
  public @Nullable Path path(String name) {
    @Nullable String value = values.get(name);
    return value == null ? null : Path.of(value);
  }

  public int integer(String name, int otherwise) {
    return Integer.parseInt(string(name, Integer.toString(otherwise)));
  }

  public double number(String name, double otherwise) {
    return Double.parseDouble(string(name, Double.toString(otherwise)));
  }

  int[] integers(String name, String otherwise) {
    return Arrays.stream(string(name, otherwise).split(",", -1))
        .mapToInt(Integer::parseInt)
        .toArray();
  }

  /** The operand format that {@code --dtype} names: f32 (by default), bf16, int8 or fp8. */
  OperandFormat operands() {
    String name = string("dtype", "f32");
    return switch (name) {
      case "f32" -> OperandFormat.F32;
      case "bf16" -> OperandFormat.BF16;
      case "int8" -> OperandFormat.INT8;
      case "fp8" -> OperandFormat.FP8;
      default ->
          throw new IllegalArgumentException(
              "--dtype: expected f32, bf16, int8 or fp8, found \"%s\"".formatted(name));
    };
  }

  /** The same as a precision of a model. */
  public Precision precision() {
    return Precision.valueOf(operands().name());
  }
}
