package dev.vl4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A process of its own, for what holds for a whole process. */
final class AnotherJava {
  private AnotherJava() {}

  /** What a program of this test's class path says, which must end well. */
  static String run(Class<?> program, String... options) {
    ProcessBuilder builder = java(options);
    builder.command().addAll(List.of("-cp", classPath(), program.getName()));
    return run(builder);
  }

  /** What a program of a module says, which must end well. */
  static String runModule(String modulePath, String program, String... options) {
    ProcessBuilder builder = java(options);
    builder.command().addAll(List.of("-p", modulePath, "-m", program));
    return run(builder);
  }

  /** This test's own class path. */
  static String classPath() {
    return System.getProperty("java.class.path");
  }

  private static ProcessBuilder java(String... options) {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    ProcessBuilder builder = new ProcessBuilder(java.toString());
    builder.command().addAll(List.of(options));
    return builder;
  }

  private static String run(ProcessBuilder builder) {
    try {
      Process process = builder.redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(said).isZero();
      return said;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
