package dev.vl4j.fuzz;

import java.io.IOException;

/** Where Jazzer comes in: feeds the target that the property {@code vl4j.fuzz.target} names. */
public final class FuzzEntry {
  private static final Target TARGET = Targets.named(System.getProperty("vl4j.fuzz.target", ""));

  private FuzzEntry() {}

  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    TARGET.reader().read(input);
  }
}
