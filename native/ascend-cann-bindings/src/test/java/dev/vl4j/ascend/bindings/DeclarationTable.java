package dev.vl4j.ascend.bindings;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * CANN's interface as {@code declarations.txt} has it.
 *
 * @param functions by name, each in the words of {@link Declaration#toString}
 * @param constants by name
 */
record DeclarationTable(Map<String, String> functions, Map<String, Integer> constants) {
  private static final String PHASE_ONE = "a:workspaceBytes a:executor";
  private static final String PHASE_TWO = "a:workspace j:workspaceBytes a:executor a:stream";

  static DeclarationTable read() {
    DeclarationTable table = new DeclarationTable(new TreeMap<>(), new TreeMap<>());
    try (var in = DeclarationTable.class.getResourceAsStream("declarations.txt");
        var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      reader.lines().filter(line -> !line.isEmpty() && line.charAt(0) != '#').forEach(table::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return table;
  }

  private void add(String line) {
    String[] words = line.split(" ", 3);
    switch (words[0]) {
      case "call" -> put(words[1], words[1] + " " + words[2]);
      case "op" -> {
        String name = "aclnn" + words[1];
        String first = name + "GetWorkspaceSize";
        put(first, "%s i %s %s".formatted(first, words[2], PHASE_ONE));
        put(name, "%s i %s".formatted(name, PHASE_TWO));
      }
      case "set" -> {
        for (String pair : words[2].split(" ", -1)) {
          String[] parts = pair.split("=", -1);
          if (constants.put(parts[0], Integer.valueOf(parts[1])) != null) {
            throw new IllegalStateException("twice: " + parts[0]);
          }
        }
      }
      default -> throw new IllegalStateException("line " + line);
    }
  }

  private void put(String name, String declaration) {
    if (functions.put(name, declaration) != null) {
      throw new IllegalStateException("twice: " + name);
    }
  }

  /** How declarations and numbers differ from this table; nothing if they do not. */
  List<String> differences(
      Map<String, String> otherFunctions, Map<String, Integer> otherConstants) {
    List<String> found = new ArrayList<>();
    compare(functions, otherFunctions, found);
    compare(constants, otherConstants, found);
    return found;
  }

  private static <T> void compare(
      Map<String, T> expected, Map<String, T> found, List<String> differences) {
    expected.forEach((name, value) -> {
      if (!value.equals(found.get(name))) {
        differences.add("%s: expected %s, found %s".formatted(name, value, found.get(name)));
      }
    });
    found.forEach((name, value) -> {
      if (!expected.containsKey(name)) {
        differences.add("%s: not in the table, found %s".formatted(name, value));
      }
    });
  }
}
