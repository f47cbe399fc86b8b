package dev.vl4j.cuda.fake;

import dev.vl4j.cuda.fake.Launch.Kind;
import dev.vl4j.cuda.fake.Launch.Parameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the fake compiler makes of a program: its kernels' declarations, as text.
 *
 * @param architecture for example {@code sm_90a}
 * @param declarations by name
 */
record FakeProgram(String architecture, Map<String, Declaration> declarations) {
  /** How such a text begins. */
  static final String MAGIC = "FAKE CUBIN ";

  /**
   * A kernel.
   *
   * @param mostThreads of a block
   */
  record Declaration(String name, int mostThreads, List<Parameter> parameters) {}

  /** Whether code for this architecture runs on a device: not on an older one, nor another kind. */
  boolean runsOn(int capability) {
    String number = architecture.substring("sm_".length());
    if (number.endsWith("a")) {
      return number.equals(capability + "a");
    }
    int compiled = Integer.parseInt(number);
    return compiled / 10 == capability / 10 && compiled <= capability;
  }

  String write() {
    StringBuilder text = new StringBuilder(MAGIC).append(architecture).append('\n');
    for (Declaration kernel : declarations.values()) {
      text.append(kernel.name()).append(' ').append(kernel.mostThreads());
      for (Parameter parameter : kernel.parameters()) {
        text.append(' ').append(parameter.kind()).append(':').append(parameter.name());
      }
      text.append('\n');
    }
    return text.append("end\n").toString();
  }

  /** Reads what {@link #write} wrote; empty if it is anything else. */
  static Optional<FakeProgram> read(String text) {
    List<String> lines = text.lines().toList();
    if (!text.startsWith(MAGIC) || !lines.getLast().equals("end")) {
      return Optional.empty();
    }
    Map<String, Declaration> declarations = new LinkedHashMap<>();
    for (String line : lines.subList(1, lines.size() - 1)) {
      List<String> words = List.of(line.split(" ", -1));
      List<Parameter> parameters = new ArrayList<>();
      for (String word : words.subList(2, words.size())) {
        int colon = word.indexOf(':');
        parameters.add(
            new Parameter(Kind.valueOf(word.substring(0, colon)), word.substring(colon + 1)));
      }
      Declaration declaration =
          new Declaration(words.get(0), Integer.parseInt(words.get(1)), parameters);
      declarations.put(declaration.name(), declaration);
    }
    return Optional.of(new FakeProgram(lines.getFirst().substring(MAGIC.length()), declarations));
  }
}
