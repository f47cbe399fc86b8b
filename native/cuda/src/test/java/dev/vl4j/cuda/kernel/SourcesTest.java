package dev.vl4j.cuda.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.testkit.Seeds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The sources compile with nvcc, without warnings and almost without registers that are spilled to
 * memory. Needs nvcc, in the path, under CUDA_HOME or in {@code /usr/local/cuda*}; is skipped, with
 * a message, where there is none.
 */
class SourcesTest {
  private static final Pattern SPILLED = Pattern.compile("(\\d+) bytes spill stores");

  /** What a few kernels at the limit of registers may spill, of kilobytes that they hold. */
  private static final int SPILLED_BYTES = 16;

  @TempDir private static Path folder;

  private static Path nvcc;

  @BeforeAll
  static void findCompiler() throws IOException {
    Optional<Path> found = candidates().stream().filter(Files::isExecutable).findFirst();
    Needs.require(
        found.isPresent(), "the CUDA sources are not compiled for GPUs, because there is no nvcc");
    nvcc = found.get();
  }

  private static List<Path> candidates() throws IOException {
    List<Path> candidates = new ArrayList<>();
    Stream.of(System.getenv("PATH").split(java.io.File.pathSeparator))
        .forEach(directory -> candidates.add(Path.of(directory, "nvcc")));
    String home = System.getenv("CUDA_HOME");
    if (home != null) {
      candidates.add(Path.of(home, "bin", "nvcc"));
    }
    Path local = Path.of("/usr/local");
    if (Files.isDirectory(local)) {
      try (DirectoryStream<Path> toolkits = Files.newDirectoryStream(local, "cuda*")) {
        toolkits.forEach(toolkit -> candidates.add(toolkit.resolve("bin/nvcc")));
      }
    }
    return candidates;
  }

  /** A compute capability, and KiB of shared memory that a block gets. */
  record Gpu(int major, int minor, int sharedKib) {
    Target target() {
      return new Target(major, minor, sharedKib * 1024);
    }
  }

  /** All of them, or one of the first three, which have kernels of their own: each run another. */
  static List<Gpu> gpus() {
    List<Gpu> all =
        List.of(
            new Gpu(8, 0, 163),
            new Gpu(9, 0, 227),
            new Gpu(12, 0, 99),
            new Gpu(8, 6, 99),
            new Gpu(8, 9, 99),
            new Gpu(10, 0, 227));
    int one = new Seeds("SourcesTest").between(0, 2);
    return Seeds.thorough() ? all : all.subList(one, one + 1);
  }

  @ParameterizedTest
  @MethodSource("gpus")
  void compileToMachineCode(Gpu gpu) throws IOException, InterruptedException {
    Target target = gpu.target();
    String architecture = target.architecture(gpu.minor);
    String log = compile(target, "-cubin", "-arch=" + architecture, "-Xptxas=-v");
    assertThat(log).contains("rmsNorm").doesNotContainIgnoringCase("warning");
    assertThat(SPILLED.matcher(log).results().map(found -> Integer.parseInt(found.group(1))))
        .isNotEmpty()
        .allMatch(bytes -> bytes <= SPILLED_BYTES);
  }

  /** Machine code is made by way of PTX, too, in each run for another GPU. */
  @Test
  @EnabledIfSystemProperty(
      named = "tests.thorough",
      matches = "true",
      disabledReason = "compiled to machine code above: -Dtests.thorough=true")
  void compileToPtx() throws IOException, InterruptedException {
    Target target = new Target(8, 0, 163 * 1024);
    assertThat(compile(target, "-ptx", "-arch=compute_80")).doesNotContainIgnoringCase("warning");
  }

  private static String compile(Target target, String... options)
      throws IOException, InterruptedException {
    Path source = Files.writeString(folder.resolve("kernels.cu"), KernelSource.program(target));
    List<String> command = new ArrayList<>(List.of(nvcc.toString()));
    command.addAll(KernelSource.options(target));
    command.addAll(List.of(options));
    command.addAll(List.of("-o", folder.resolve("kernels.out").toString(), source.toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(log).isZero();
    return log;
  }
}
