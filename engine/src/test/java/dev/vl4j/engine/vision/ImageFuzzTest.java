package dev.vl4j.engine.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.model.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Mutated files are decoded or refused in words, in little time and memory.
 *
 * <p>{@code -Dtests.mutations} is how many of each format, {@code -Dtests.seed} where they begin.
 */
class ImageFuzzTest {
  private static final long SEED = Long.getLong("tests.seed", 20261127);
  private static final int MUTATIONS = Integer.getInteger("tests.mutations", 1500);
  private static final String NAME = "document 3, image 1";
  private static final int MAX_PIXELS = 1 << 20;

  /** Samples of any mode, in and out, and half as much again. */
  private static final long MAX_BYTES = 16L * MAX_PIXELS;

  private static final Pattern RAW_WORDS =
      Pattern.compile("\\bnull\\b|Exception|\\bError\\b|java\\.|javax\\.|dev\\.vl4j");

  static List<Path> formats() throws IOException {
    try (Stream<Path> formats = Files.list(Fixtures.ROOT.resolve("odd-images"))) {
      return formats.filter(Files::isDirectory).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  @SuppressWarnings("SystemOut") // whoever looks into a failure needs the seed
  void mutationsAreDecodedOrRefused(Path format) throws IOException {
    System.out.println("-Dtests.seed=" + SEED + " for mutations of " + format.getFileName());
    List<byte[]> files = files(format);
    ImageMutator mutator =
        new ImageMutator(new Random(SEED ^ format.getFileName().toString().hashCode()), files);
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] mutated = mutator.next();
      ImageRules rules = i % 2 == 0 ? ImageRules.OFFICIAL : ImageRules.VLLM;
      try {
        decode(mutated, rules);
      } catch (Throwable e) {
        fail(
            "mutation %d of %s with -Dtests.seed=%d: %s"
                .formatted(i, format.getFileName(), SEED, keep(mutated)),
            e);
      }
    }
  }

  private static List<byte[]> files(Path format) throws IOException {
    try (Stream<Path> inside = Files.list(format)) {
      return inside
          .filter(file -> !file.toString().endsWith(".json"))
          .sorted()
          .map(file -> {
            try {
              return Files.readAllBytes(file);
            } catch (IOException e) {
              throw new AssertionError("cannot read " + file, e);
            }
          })
          .toList();
    }
  }

  private static void decode(byte[] file, ImageRules rules) {
    BoundedGuard guard = new BoundedGuard(MAX_PIXELS, Duration.ofSeconds(30));
    try {
      RgbImage image =
          ImageDecoder.decode(
                  new ImageSource.Encoded(file, NAME),
                  rules,
                  (height, width) -> SmartResize.size(height, width, 32, 1024, 65_536, rules),
                  guard)
              .image();
      assertThat(guard.held()).isEqualTo(image.samples().length);
    } catch (InvalidRequestException e) {
      assertThat(e).hasMessageStartingWith(NAME + ": ");
      assertThat(String.valueOf(e.getMessage())).doesNotContainPattern(RAW_WORDS);
      assertThat(guard.held()).isZero();
    } catch (OverloadedException e) {
      assertThat(guard.held()).isZero();
    }
    assertThat(guard.most()).isLessThan(MAX_BYTES);
  }

  private static Path keep(byte[] mutated) throws IOException {
    return Files.write(Files.createTempFile("mutated", ".image"), mutated);
  }
}
