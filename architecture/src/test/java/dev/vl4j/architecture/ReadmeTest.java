package dev.vl4j.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the README shows of frameworks is what tests of the adapters run. */
class ReadmeTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern SNIPPET =
      Pattern.compile(
          "### In your framework\n\n```java\n(.*?)```", Pattern.DOTALL | Pattern.MULTILINE);

  /** The same line, however it is broken and indented. */
  private static String withoutSpaces(String text) {
    return text.replaceAll("\\s", "");
  }

  @Test
  void everyLineIsRunByATest() throws IOException {
    Matcher snippet = SNIPPET.matcher(Files.readString(ROOT.resolve("README.md")));
    assertThat(snippet.find()).isTrue();
    List<String> lines =
        snippet.group(1).lines().map(line -> withoutSpaces(line.replaceFirst("//.*", ""))).toList();
    assertThat(lines).hasSize(3);
    StringBuilder tests = new StringBuilder();
    for (String adapter : List.of("spring-ai", "langchain4j", "lucene")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve("adapters/" + adapter + "/src/test"))) {
        for (Path file : files.filter(path -> path.toString().endsWith("Test.java")).toList()) {
          tests.append(withoutSpaces(Files.readString(file)));
        }
      }
    }
    assertThat(tests.toString()).contains(lines);
  }
}
