package dev.vl4j.server.cli;

import java.io.InputStream;
import java.io.PrintStream;

/**
 * What a command reads and writes, so that a test can hold both ends.
 *
 * @param terminal whether {@code err} is watched by a person; the launcher knows, Java does not
 */
record Streams(InputStream in, PrintStream out, PrintStream err, boolean terminal) {
  static Streams system() {
    return new Streams(System.in, System.out, System.err, Boolean.getBoolean("vl4j.terminal"));
  }
}
