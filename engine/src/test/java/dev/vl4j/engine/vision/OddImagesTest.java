package dev.vl4j.engine.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.model.Fixtures;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Odd files give Pillow's samples or are refused in words, each by both {@link ImageRules}.
 *
 * <p>{@code bench/reference/odd_images/make.py} makes files and expectations. The property {@code
 * vl4j.odd-images} names a folder with more of them. Where a file that Pillow opens is refused, its
 * name is in its format's {@code refused.json} of the committed files: a glob, and a part of the
 * message.
 */
class OddImagesTest {
  private static final Path COMMITTED = Fixtures.ROOT.resolve("odd-images");
  private static final Pattern RAW_WORDS =
      Pattern.compile("\\bnull\\b|Exception|\\bError\\b|java\\.|javax\\.|dev\\.vl4j");

  private record File(Path path, JsonNode expected, Map<String, String> refusedByChoice) {
    JsonNode expected(ImageRules rules) {
      return rules == ImageRules.VLLM && expected.has("vllm")
          ? expected.get("vllm")
          : expected.get("official");
    }

    Optional<String> choice() {
      return refusedByChoice.entrySet().stream()
          .filter(entry ->
              FileSystems.getDefault()
                  .getPathMatcher("glob:" + entry.getKey())
                  .matches(path.getFileName()))
          .map(Map.Entry::getValue)
          .findFirst();
    }
  }

  @TestFactory
  Stream<DynamicNode> everyFileIsAsPillowSeesIt() throws IOException {
    String more = System.getProperty("vl4j.odd-images");
    List<Path> formats = new ArrayList<>(formats(COMMITTED));
    if (more != null) {
      formats.addAll(formats(Path.of(more)));
    }
    assertThat(formats).as("formats in " + COMMITTED + " and " + more).isNotEmpty();
    return formats.stream().map(OddImagesTest::format);
  }

  private static List<Path> formats(Path folder) throws IOException {
    try (Stream<Path> inside = Files.list(folder)) {
      return inside.filter(format -> Files.exists(format.resolve("index.json"))).sorted().toList();
    }
  }

  private static DynamicNode format(Path folder) {
    Map<String, String> choices = choices(folder.getFileName().toString());
    JsonNode index = JsonMapper.shared().readTree(folder.resolve("index.json").toFile());
    assertThat(index.isEmpty()).as(folder + "/index.json is empty").isFalse();
    return dynamicContainer(
        folder.toString(),
        index.properties().stream()
            .map(entry -> new File(folder.resolve(entry.getKey()), entry.getValue(), choices))
            .flatMap(file ->
                Stream.of(ImageRules.values())
                    .map(rules ->
                        dynamicTest(
                            file.path().getFileName() + " " + rules, () -> check(file, rules)))));
  }

  private static Map<String, String> choices(String format) {
    Path file = COMMITTED.resolve(format).resolve("refused.json");
    if (!Files.exists(file)) {
      return Map.of();
    }
    Map<String, String> choices = new LinkedHashMap<>();
    JsonMapper.shared()
        .readTree(file.toFile())
        .properties()
        .forEach(entry -> choices.put(entry.getKey(), entry.getValue().asString()));
    return choices;
  }

  private static void check(File file, ImageRules rules) {
    JsonNode expected = file.expected(rules);
    String found;
    try {
      RgbImage image =
          ImageDecoder.decode(new ImageSource.File(file.path()), rules, WorkGuard.UNBOUNDED);
      found = image.width() + " x " + image.height() + ", " + digest(image.samples());
    } catch (InvalidRequestException e) {
      String message = String.valueOf(e.getMessage());
      assertThat(message).startsWith(file.path() + ": ");
      assertThat(message.substring(file.path().toString().length()))
          .doesNotContainPattern(RAW_WORDS);
      if (!expected.has("refused")) {
        assertThat(file.choice())
            .as("refused by us alone, and not in refused.json: " + message)
            .hasValueSatisfying(reason -> assertThat(message).contains(reason));
      }
      return;
    }
    assertThat(found).as(file.path() + " by the rules " + rules).isEqualTo(inWords(expected));
  }

  private static String inWords(JsonNode expected) {
    return expected.has("refused")
        ? "refused: " + expected.get("refused").asString()
        : expected.get("width").asInt()
            + " x "
            + expected.get("height").asInt()
            + ", "
            + expected.get("sha256").asString();
  }

  private static String digest(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
