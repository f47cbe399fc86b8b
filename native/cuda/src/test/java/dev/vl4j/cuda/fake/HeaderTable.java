package dev.vl4j.cuda.fake;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What CUDA's headers say, as {@code bench/cuda/signatures.py} reads them. */
public final class HeaderTable {
  private static final HeaderTable TABLE = read("signatures.txt");

  /**
   * A type.
   *
   * @param kind {@code i1}, {@code i2}, {@code i4}, {@code i8}, {@code f4}, {@code f8}, {@code p}
   * @param name in C, with underscores for spaces
   */
  public record Type(String kind, String name) {
    /** Whether it points to something that is no memory of the caller's, such as a stream. */
    public boolean isHandle() {
      return kind.equals("p") && !name.contains("*");
    }

    /** Whether it points to anything, perhaps on the device. */
    public boolean isUntyped() {
      return name.equals("void*") || name.equals("const_void*");
    }

    /** How native code is given it: handles are longs. */
    public MemoryLayout layout() {
      return switch (kind) {
        case "i1" -> JAVA_BYTE;
        case "i2" -> JAVA_SHORT;
        case "i4" -> JAVA_INT;
        case "i8" -> JAVA_LONG;
        case "f4" -> JAVA_FLOAT;
        case "f8" -> JAVA_DOUBLE;
        case "p" -> isHandle() ? JAVA_LONG : ADDRESS;
        default -> throw new IllegalStateException("kind " + kind);
      };
    }
  }

  /** A function's types. */
  public record Function(Type result, List<Type> parameters) {
    public FunctionDescriptor descriptor() {
      return FunctionDescriptor.of(
          result.layout(), parameters.stream().map(Type::layout).toArray(MemoryLayout[]::new));
    }
  }

  /** A structure's size, and offset and size of each field, in bytes. */
  public record Struct(long bytes, Map<String, Field> fields) {}

  /** Where a field lies. */
  public record Field(long offset, long bytes) {}

  private final Map<String, Function> functions = new LinkedHashMap<>();
  private final Map<String, Integer> numbers = new LinkedHashMap<>();
  private final Map<String, Struct> structs = new LinkedHashMap<>();

  private HeaderTable() {}

  public static HeaderTable get() {
    return TABLE;
  }

  public Map<String, Function> functions() {
    return functions;
  }

  public Map<String, Integer> numbers() {
    return numbers;
  }

  public Map<String, Struct> structs() {
    return structs;
  }

  private static HeaderTable read(String resource) {
    HeaderTable table = new HeaderTable();
    try (var in = HeaderTable.class.getResourceAsStream(resource);
        var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      reader.lines().forEach(table::add);
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    }
    return table;
  }

  private void add(String line) {
    List<String> words = List.of(line.split(" ", -1));
    String name = words.get(1);
    switch (words.getFirst()) {
      case "function" -> {
        List<Type> types = new ArrayList<>();
        for (String word : words.subList(2, words.size())) {
          int colon = word.indexOf(':');
          types.add(new Type(word.substring(0, colon), word.substring(colon + 1)));
        }
        functions.put(
            name, new Function(types.getFirst(), List.copyOf(types.subList(1, types.size()))));
      }
      case "version", "number" -> numbers.put(name, Integer.valueOf(words.get(2)));
      case "struct" ->
          structs.put(name, new Struct(Long.parseLong(words.get(2)), new LinkedHashMap<>()));
      case "field" ->
          structs
              .get(name)
              .fields()
              .put(
                  words.get(2),
                  new Field(Long.parseLong(words.get(3)), Long.parseLong(words.get(4))));
      default -> throw new IllegalStateException("line " + line);
    }
  }
}
