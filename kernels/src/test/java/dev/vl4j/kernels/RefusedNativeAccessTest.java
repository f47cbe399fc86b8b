package dev.vl4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.tier.Architecture;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Where Java or the system refuses native calls, the Vector API takes over with one warning. Tried
 * in a Java of its own, since what is refused is refused for a whole process.
 */
class RefusedNativeAccessTest {
  private static final String VECTORS = "--add-modules=jdk.incubator.vector";

  /** Multiplies in every format, and prints what it ran on. */
  static final class Program {
    private Program() {}

    public static void main(String[] arguments) {
      try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULT.withThreads(2))) {
        MemorySegment values = MemorySegment.ofArray(new float[] {1, 2, 3, 4, 5, 6});
        HostMatrix weight = new HostMatrix("weight", values, DType.F32, 2, 3);
        for (OperandFormat format : OperandFormat.values()) {
          if (backend.supports(format) == Support.NONE) {
            continue;
          }
          try (Linear linear = backend.prepare(List.of(weight), format);
              Forward forward = backend.begin()) {
            Tensor x = forward.tensor(1, 3);
            forward.upload(new float[] {1, 1, 1}, x);
            Tensor out = forward.tensor(1, 2);
            forward.linear(x, linear, Epilogue.NONE, out);
            float[] sums = forward.read(out).await();
            System.out.printf("%s: %.0f %.0f%n", format, sums[0], sums[1]);
          }
        }
        System.out.println(backend.description());
        Backends.capability("cpu", InstructionSets.class)
            .orElseThrow()
            .reports()
            .forEach(System.out::println);
      }
    }
  }

  @Test
  void fallsBackWithOneWarning() {
    String said = AnotherJava.run(Program.class, VECTORS, "--illegal-native-access=deny");
    assertThat(said).contains("products vector-api").contains("BF16: 6 15").contains("INT8: 6 15");
    boolean linux = System.getProperty("os.name").equals("Linux");
    boolean emits =
        switch (Architecture.current()) {
          case X86_64 -> linux || System.getProperty("os.name").startsWith("Mac");
          case AARCH64 -> linux;
          case OTHER -> false;
        };
    assertThat(said.lines().filter(line -> line.contains("machine code is not used")))
        .hasSize(emits ? 1 : 0); // elsewhere there is none to be used
    assertThat(said.contains("no executable memory")).isEqualTo(emits);
  }

  @Test
  void saysNothingWhereItIsNotWanted() {
    String said =
        AnotherJava.run(
            Program.class,
            VECTORS,
            "--enable-native-access=ALL-UNNAMED",
            "-Dvl4j.cpu.tier=vector-api");
    assertThat(said).contains("products vector-api").contains("BF16: 6 15").contains("INT8: 6 15");
    assertThat(said).doesNotContain("machine code is not used");
  }
}
