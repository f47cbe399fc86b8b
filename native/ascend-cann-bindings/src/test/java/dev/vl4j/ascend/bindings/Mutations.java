package dev.vl4j.ascend.bindings;

import dev.vl4j.ascend.bindings.Prototype.Argument;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** All the ways in which a declaration is made wrong. */
final class Mutations {
  /** A type for each letter. */
  private static final Map<Character, String> TYPES =
      Map.of(
          'a',
          "void *",
          'j',
          "int64_t ",
          'i',
          "int32_t ",
          'b',
          "int8_t ",
          'z',
          "bool ",
          'd',
          "double ",
          'f',
          "float ");

  /** Arguments of a declaration of which each pair stands for others. */
  private static final int SHORT = 3;

  /** What was done to a declaration. */
  enum Kind {
    /** Two arguments change places, with their names. */
    ARGUMENTS_SWAPPED,
    /** Two types that are passed differently change places, and the names stay. */
    TYPES_SWAPPED,
    /** A type becomes another that is passed differently: an int64_t an int32_t, say. */
    TYPE_CHANGED,
    /** The result is another type. */
    RESULT_CHANGED,
    /** An argument is not there. */
    ARGUMENT_DROPPED
  }

  /**
   * A declaration and what was done to it.
   *
   * @param isCentral whether it is one that stands for others of its kind
   */
  record Mutant(Kind kind, Prototype prototype, boolean isCentral) {}

  private Mutations() {}

  static List<Mutant> of(Prototype original) {
    List<Mutant> mutants = new ArrayList<>();
    List<Argument> arguments = original.arguments();
    boolean isShort = arguments.size() <= SHORT;
    for (int i = 0; i < arguments.size(); i++) {
      Argument one = arguments.get(i);
      mutants.add(new Mutant(Kind.ARGUMENT_DROPPED, original.without(i), i == 0));
      for (Map.Entry<Character, String> type : others(one.letter())) {
        mutants.add(
            new Mutant(
                Kind.TYPE_CHANGED,
                original.with(i, new Argument(type.getValue(), one.name())),
                one.letter() != 'a' || type.getKey() == 'j'));
      }
      for (int j = i + 1; j < arguments.size(); j++) {
        Argument other = arguments.get(j);
        mutants.add(
            new Mutant(
                Kind.ARGUMENTS_SWAPPED,
                original.with(i, other).with(j, one),
                isShort || j == i + 1));
        if (one.letter() != other.letter()) {
          Prototype swapped =
              original
                  .with(i, new Argument(other.type(), one.name()))
                  .with(j, new Argument(one.type(), other.name()));
          mutants.add(new Mutant(Kind.TYPES_SWAPPED, swapped, j == i + 1));
        }
      }
    }
    for (Map.Entry<Character, String> type : others(original.line().split(" ", -1)[1].charAt(0))) {
      mutants.add(
          new Mutant(
              Kind.RESULT_CHANGED, original.withResult(type.getValue()), type.getKey() == 'j'));
    }
    mutants.add(new Mutant(Kind.RESULT_CHANGED, original.withResult("void "), false));
    return mutants;
  }

  private static List<Map.Entry<Character, String>> others(char letter) {
    return TYPES.entrySet().stream().filter(type -> type.getKey() != letter).toList();
  }
}
