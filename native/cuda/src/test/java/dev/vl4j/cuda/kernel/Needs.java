package dev.vl4j.cuda.kernel;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** What tests need of a machine. */
public final class Needs {
  private Needs() {}

  /** Skips the tests if something is not there, and says so where people look. */
  public static void require(boolean isThere, String otherwise) {
    if (!isThere) {
      System.out.println("SKIPPED: " + otherwise);
    }
    assumeTrue(isThere, otherwise);
  }
}
