package dev.vl4j.ascend.bindings.generator;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A C function as JavaCPP's parser reads it.
 *
 * @param result as in {@link ParsedParameter#type}, or {@code v} for none
 */
public record ParsedFunction(String name, char result, List<ParsedParameter> parameters) {
  /** {@code aclrtFree i a:memory}: name, type of the result, type and name of each parameter. */
  @Override
  public String toString() {
    return parameters.stream()
        .map(ParsedParameter::toString)
        .collect(Collectors.joining(" ", name + " " + result + " ", ""))
        .strip();
  }
}
