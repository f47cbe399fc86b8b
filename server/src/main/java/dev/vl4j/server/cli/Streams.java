package dev.vl4j.server.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * What a command reads and writes, so that a test can hold both ends.
 *
 * @param terminal whether {@code err} is watched by a person; the launcher knows, Java does not
 */
record Streams(InputStream in, PrintStream out, PrintStream err, boolean terminal) {
  /** This process's own, in UTF-8 whatever the locale; only a console of Windows has its own. */
  static Streams system() {
    boolean windows = System.getProperty("os.name").startsWith("Windows");
    return new Streams(
        System.in,
        windows ? System.out : utf8(FileDescriptor.out),
        windows ? System.err : utf8(FileDescriptor.err),
        Boolean.getBoolean("vl4j.terminal"));
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    OutputStream out = new BufferedOutputStream(new FileOutputStream(descriptor));
    return new PrintStream(out, /* autoFlush= */ true, StandardCharsets.UTF_8);
  }
}
