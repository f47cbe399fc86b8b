package dev.vl4j.fuzz;

import java.nio.file.Path;

/** Prints the further folders of inputs that a target starts from, for {@code fuzz/run}. */
final class Seeds {
  private Seeds() {}

  public static void main(String[] arguments) {
    for (Path folder : Targets.named(arguments[0]).seeds()) {
      System.out.println(folder);
    }
  }
}
