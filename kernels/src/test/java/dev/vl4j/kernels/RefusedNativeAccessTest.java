package dev.vl4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Where Java or the system refuses native calls, the Vector API takes over with one warning. Tried
 * in a Java of its own, since what is refused is refused for a whole process.
 */
class RefusedNativeAccessTest {
  /** Multiplies in every format, and prints what it ran on. */
  static final class Program {
    private Program() {}

    public static void main(String[] arguments) {
      try (Backend backend = Backends.open("cpu", 2)) {
        float[] values = {1, 2, 3, 4, 5, 6};
        HostMatrix weight = Seeds.matrix("weight", values, DType.BF16, 2, 3);
        for (OperandFormat format : OperandFormat.values()) {
          try (Linear linear = backend.prepare(List.of(weight), format);
              Tensor x = backend.upload(new float[] {1, 1, 1}, 1, 3);
              Tensor out = backend.allocate(1, 2)) {
            backend.linear(x, linear, Epilogue.NONE, out);
            float[] sums = backend.download(out);
            System.out.printf("%s: %.0f %.0f%n", format, sums[0], sums[1]);
          }
        }
        System.out.println(backend.description());
        Backends.instructionSets().forEach(System.out::println);
      }
    }
  }

  private static String run(String... options) {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    ProcessBuilder builder = new ProcessBuilder(java.toString());
    builder.command().addAll(List.of("--add-modules", "jdk.incubator.vector"));
    builder.command().addAll(List.of(options));
    builder.command().addAll(List.of("-cp", classPath()));
    builder.command().add(Program.class.getName());
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

  /** This test's own, whichever path its parts came by. */
  private static String classPath() {
    String modules = System.getProperty("jdk.module.path");
    String classes = System.getProperty("java.class.path");
    return modules == null ? classes : modules + File.pathSeparator + classes;
  }

  @Test
  void fallsBackWithOneWarning() {
    String said = run("--illegal-native-access=deny");
    assertThat(said).contains("products vector-api").contains("BF16: 6 15").contains("INT8: 6 15");
    assertThat(said.lines().filter(line -> line.contains("machine code is not used"))).hasSize(1);
    assertThat(said).contains("no executable memory");
  }

  @Test
  void saysNothingWhereItIsNotWanted() {
    String said = run("--enable-native-access=ALL-UNNAMED", "-Dvl4j.cpu.tier=vector-api");
    assertThat(said).contains("products vector-api").contains("BF16: 6 15").contains("INT8: 6 15");
    assertThat(said).doesNotContain("machine code is not used");
  }
}
