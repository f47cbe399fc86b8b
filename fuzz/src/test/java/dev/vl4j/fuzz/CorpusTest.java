package dev.vl4j.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each target on its corpus, which has what was once found, and on some mutations of it. */
class CorpusTest {
  private static final Path ROOT = Path.of("..");
  private static final int MUTATIONS = Integer.getInteger("mutations", 20);
  private static final long SEED = Long.getLong("tests.seed", 20261127);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  static List<String> targets() {
    return Targets.all().stream().map(Target::name).toList();
  }

  @ParameterizedTest
  @MethodSource("targets")
  void nothingButRefusals(String name) throws IOException {
    Target target = Targets.named(name);
    List<Path> inputs = inputs(target);
    assertThat(inputs).as("the corpus of " + name).isNotEmpty();
    Random random = new Random(SEED);
    for (Path input : inputs) {
      byte[] bytes = Files.readAllBytes(input);
      feed(target, bytes, input.toString());
      for (int i = 0; i < MUTATIONS; i++) {
        feed(target, mutated(bytes, random), input + ", seed " + SEED + ", mutation " + i);
      }
    }
  }

  private static List<Path> inputs(Target target) throws IOException {
    List<Path> folders = new ArrayList<>(List.of(Path.of("corpus", target.name())));
    target.seeds().forEach(seed -> folders.add(ROOT.resolve(seed)));
    List<Path> inputs = new ArrayList<>();
    for (Path folder : folders) {
      if (Files.isDirectory(folder)) {
        try (Stream<Path> files = Files.list(folder)) {
          files.filter(Files::isRegularFile).sorted().forEach(inputs::add);
        }
      }
    }
    return inputs;
  }

  private static void feed(Target target, byte[] input, String what) {
    try {
      assertTimeoutPreemptively(PATIENCE, () -> target.reader().read(input));
    } catch (Throwable e) {
      throw new AssertionError(target.name() + ": " + what, e);
    }
  }

  private static byte[] mutated(byte[] input, Random random) {
    byte[] bytes = input.clone();
    for (int i = random.nextInt(4); i >= 0 && bytes.length > 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)) : bytes;
  }
}
