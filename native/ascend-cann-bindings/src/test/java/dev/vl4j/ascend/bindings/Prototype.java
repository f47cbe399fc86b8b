package dev.vl4j.ascend.bindings;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A function in the text of {@code ascend_abi.h}, to be changed there. */
record Prototype(String result, String name, List<Argument> arguments) {
  private static final Pattern FUNCTION =
      Pattern.compile("^((?:const )?\\w+ \\*?)(acl\\w+)\\(([^;{}]*)\\);", Pattern.MULTILINE);
  private static final Pattern ARGUMENT = Pattern.compile("(.*?[ *])(\\w+)", Pattern.DOTALL);

  /** An argument: {@code const int64_t *} and {@code shape}. */
  record Argument(String type, String name) {
    /** How the type is passed, as this project's header spells types. */
    char letter() {
      if (type.contains("*")
          || type.startsWith("aclrtStream")
          || type.startsWith("aclrtEvent")
          || type.startsWith("aclrtContext")
          || type.startsWith("aclmdlRI ")) {
        return 'a';
      }
      return switch (type.strip()) {
        case "int64_t", "uint64_t", "size_t" -> 'j';
        case "int8_t" -> 'b';
        case "bool" -> 'z';
        case "double" -> 'd';
        case "float" -> 'f';
        case "void" -> 'v';
        default -> 'i';
      };
    }
  }

  static List<Prototype> of(String header) {
    List<Prototype> found = new ArrayList<>();
    Matcher functions = FUNCTION.matcher(header);
    while (functions.find()) {
      List<Argument> arguments = new ArrayList<>();
      for (String part : functions.group(3).split(",", -1)) {
        Matcher argument = ARGUMENT.matcher(part.strip());
        if (argument.matches()) {
          arguments.add(new Argument(argument.group(1), argument.group(2)));
        }
      }
      found.add(new Prototype(functions.group(1), functions.group(2), arguments));
    }
    return found;
  }

  /** What comes before the first function: types and numbers. */
  static String preamble(String header) {
    Matcher first = FUNCTION.matcher(header);
    if (!first.find()) {
      throw new IllegalStateException("no function in the header");
    }
    return header.substring(0, first.start());
  }

  Prototype withName(String other) {
    return new Prototype(result, other, arguments);
  }

  Prototype withResult(String other) {
    return new Prototype(other, name, arguments);
  }

  Prototype with(int index, Argument argument) {
    List<Argument> changed = new ArrayList<>(arguments);
    changed.set(index, argument);
    return new Prototype(result, name, changed);
  }

  Prototype without(int index) {
    List<Argument> changed = new ArrayList<>(arguments);
    changed.remove(index);
    return new Prototype(result, name, changed);
  }

  /** As {@link Declaration#toString} has it, by this class's own reading of the types. */
  String line() {
    return arguments.stream()
        .map(argument -> " " + argument.letter() + ":" + argument.name)
        .collect(Collectors.joining("", name + " " + new Argument(result, "").letter(), ""));
  }

  /** In C. */
  String text() {
    return arguments.stream()
        .map(argument -> argument.type + argument.name)
        .collect(Collectors.joining(", ", result + name + "(", ");\n"));
  }
}
