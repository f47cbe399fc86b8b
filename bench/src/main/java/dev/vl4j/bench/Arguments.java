package dev.vl4j.bench;

import dev.vl4j.engine.Precision;
import dev.vl4j.kernels.OperandFormat;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Command-line options of the form {@code --name value}. */
final class Arguments {
  private final Map<String, String> values = new HashMap<>();

  /**
   * Reads a command line.
   *
   * @param known names that are allowed, without dashes
   */
  Arguments(String[] arguments, String... known) {
    List<String> names = Arrays.asList(known);
    for (int i = 0; i < arguments.length; i += 2) {
      String name = arguments[i].startsWith("--") ? arguments[i].substring(2) : "";
      if (!names.contains(name) || i + 1 == arguments.length) {
        throw new IllegalArgumentException(
            "%s: expected an option of %s and its value".formatted(arguments[i], names));
      }
      values.put(name, arguments[i + 1]);
    }
  }

  String require(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("--" + name + " is missing");
    }
    return value;
  }

  String string(String name, String otherwise) {
    @Nullable String value = values.get(name);
    return value == null ? otherwise : value;
  }

  /** A path, or null if the option was left out. */
  @Nullable Path path(String name) {
    @Nullable String value = values.get(name);
    return value == null ? null : Path.of(value);
  }

  int integer(String name, int otherwise) {
    return Integer.parseInt(string(name, Integer.toString(otherwise)));
  }

  int[] integers(String name, String otherwise) {
    return Arrays.stream(string(name, otherwise).split(",", -1))
        .mapToInt(Integer::parseInt)
        .toArray();
  }

  /** The operand format that {@code --dtype} names: f32 (by default), bf16 or int8. */
  OperandFormat operands() {
    String name = string("dtype", "f32");
    return switch (name) {
      case "f32" -> OperandFormat.F32;
      case "bf16" -> OperandFormat.BF16;
      case "int8" -> OperandFormat.INT8;
      default ->
          throw new IllegalArgumentException(
              "--dtype: expected f32, bf16 or int8, found \"%s\"".formatted(name));
    };
  }

  /** The same as a precision of a model. */
  Precision precision() {
    return Precision.valueOf(operands().name());
  }
}
