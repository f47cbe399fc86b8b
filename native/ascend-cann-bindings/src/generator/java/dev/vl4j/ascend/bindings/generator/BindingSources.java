package dev.vl4j.ascend.bindings.generator;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes what a header declares as Java that needs nothing of JavaCPP. */
final class BindingSources {
  private static final String PACKAGE = "dev.vl4j.ascend.bindings";

  private BindingSources() {}

  /** By the names of the classes. */
  static Map<String, String> of(ParsedHeader header) {
    return Map.of(
        "AscendFunctions", functions(header.functions().values().stream().toList()),
        "AscendConstants", constants(header.constants()));
  }

  private static String functions(List<ParsedFunction> functions) {
    StringBuilder source =
        head("The functions of {@code ascend_abi.h}.", "List", "AscendFunctions");
    for (ParsedFunction function : functions) {
      source
          .append("  public static final Declaration ")
          .append(function.name())
          .append(" = Declaration.parse(\"")
          .append(function)
          .append("\");\n");
    }
    source.append("\n  /** All of them, in alphabetical order. */\n");
    source.append(
        functions.stream()
            .map(ParsedFunction::name)
            .collect(
                Collectors.joining(
                    ",\n          ",
                    "  public static final List<Declaration> ALL =\n      List.of(\n          ",
                    ");\n}\n")));
    return source.toString();
  }

  private static String constants(Map<String, Integer> constants) {
    StringBuilder source =
        head("The enumerators of {@code ascend_abi.h}.", "Map", "AscendConstants");
    constants.forEach((name, value) ->
        source.append("  public static final int %s = %d;%n".formatted(name, value)));
    source.append("\n  /** All of them by name. */\n");
    source.append(
        constants.keySet().stream()
            .map(name -> "Map.entry(\"%s\", %s)".formatted(name, name))
            .collect(
                Collectors.joining(
                    ",\n          ",
                    "  public static final Map<String, Integer> ALL =\n      Map.ofEntries(\n          ",
                    ");\n}\n")));
    return source.toString();
  }

  /**
   * @param used the class of {@code java.util} that the source needs
   */
  private static StringBuilder head(String summary, String used, String name) {
    return new StringBuilder(
        """
        package %s;

        import java.util.%s;

        /** %s Generated from it by JavaCPP's parser. */
        public final class %s {
          private %s() {}

        """
            .formatted(PACKAGE, used, summary, name, name));
  }
}
