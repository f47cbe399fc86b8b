package com.example.ranking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the job as spark-submit would, with its settings as properties. */
class RankProductsTest {
  private static final Pattern RANKED =
      Pattern.compile("\"query\":\"([^\"]*)\",\"product\":\"(\\w+)\".*\"rank\":(\\d)");

  @Test
  void theBestOfEachQueryAreWritten(@TempDir Path folder) throws IOException {
    Path pairs =
        Files.writeString(
            folder.resolve("pairs.csv"),
            """
            query,product,text
            a red circle,p1,a red circle
            a red circle,p2,a blue square
            a red circle,p3,a green triangle
            a red circle,p4,a yellow star
            a blue square,p1,a red circle
            a blue square,p2,a blue square
            a blue square,p5,
            """);
    Path result = folder.resolve("best");
    Map<String, String> settings =
        Map.of(
            "spark.master", "local[2]",
            "spark.ui.enabled", "false",
            "spark.driver.bindAddress", "127.0.0.1",
            "spark.driver.host", "127.0.0.1",
            "spark.sql.shuffle.partitions", "2");
    settings.forEach(System::setProperty);
    try {
      RankProducts.main(new String[] {"demo", pairs.toString(), result.toString()});
    } finally {
      settings.keySet().forEach(System::clearProperty);
    }
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.list(result)) {
      for (Path part : files.filter(file -> file.toString().endsWith(".json")).toList()) {
        lines.addAll(Files.readAllLines(part));
      }
    }
    assertThat(lines).hasSize(6);
    assertThat(best(lines, "a red circle")).isEqualTo("p1");
    assertThat(best(lines, "a blue square")).isEqualTo("p2");
    assertThat(lines)
        .filteredOn(line -> line.contains("\"error\""))
        .singleElement()
        .asString()
        .contains("\"product\":\"p5\"", "the document is null");
  }

  private static String best(List<String> lines, String query) {
    return lines.stream()
        .flatMap(line -> RANKED.matcher(line).results())
        .filter(found -> found.group(1).equals(query) && found.group(3).equals("1"))
        .map((MatchResult found) -> found.group(2))
        .reduce("", String::concat);
  }

  @Test
  void otherArgumentsAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RankProducts.main(new String[] {"demo"}))
        .withMessage("expected MODEL PAIRS.csv RESULT");
  }
}
