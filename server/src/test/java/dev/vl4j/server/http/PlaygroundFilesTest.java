package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the playground's files may not hold, so that it works offline and runs no one's code. */
class PlaygroundFilesTest {
  private static final Path FOLDER = folder();

  private static final Pattern ADDRESS =
      Pattern.compile("\\b(?:https?|wss?|ftp):|[\"'`(=]//\\w", Pattern.CASE_INSENSITIVE);
  private static final Pattern REFERENCE =
      Pattern.compile("(?:\\ssrc=|\\shref=|\\bfrom |\\bimport\\s*\\(?)[\"']([^\"'#]+)[\"']");

  private static Path folder() {
    try {
      return Path.of(
              Objects.requireNonNull(PlaygroundRoutes.class.getResource("playground/index.html"))
                  .toURI())
          .getParent();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  static List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.sorted().toList();
    }
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file);
  }

  @Test
  void everyFileIsServedAndNoOther() throws IOException {
    Set<String> names =
        files().stream()
            .map(file -> file.getFileName().toString())
            .map(name -> name.equals("index.html") ? "/" : "/playground/" + name)
            .collect(Collectors.toSet());
    assertThat(names).isEqualTo(PlaygroundRoutes.PATHS);
  }

  @ParameterizedTest
  @MethodSource("files")
  void noOutsideAddress(Path file) throws IOException {
    // The name of SVG looks like an address, and is none.
    String text = read(file).replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    assertThat(text).doesNotContainPattern(ADDRESS);
    assertThat(text).doesNotContainPattern("@import|\\burl\\(");
  }

  @ParameterizedTest
  @MethodSource("files")
  void noInlineCode(Path file) throws IOException {
    String text = read(file);
    assertThat(text)
        .doesNotContainPattern("(?i)<[^>]*\\son\\w+\\s*=")
        .doesNotContainPattern("(?i)<[^>]*\\sstyle\\s*=")
        .doesNotContainPattern("(?i)<style")
        .doesNotContainPattern("(?i)<script(?![^>]*\\ssrc=)")
        .doesNotContainPattern("(?i)javascript:");
  }

  /** Texts of documents are shown as text, whatever they hold. */
  @ParameterizedTest
  @MethodSource("files")
  void noTextBecomesMarkupOrCode(Path file) throws IOException {
    assertThat(read(file))
        .doesNotContain(
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "setHTMLUnsafe",
            "createContextualFragment",
            "DOMParser",
            "document.write",
            "srcdoc",
            "eval(",
            "new Function",
            "setAttribute('on");
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyReferenceIsToAFileThatIsServed(Path file) throws IOException {
    boolean page = file.endsWith("index.html");
    Matcher matcher = REFERENCE.matcher(read(file));
    int found = 0;
    while (matcher.find()) {
      String target = matcher.group(1);
      String path = page ? "/" + target : target.replaceFirst("^\\./", "/playground/");
      assertThat(PlaygroundRoutes.PATHS).as(target).contains(path);
      found++;
    }
    if (page || file.endsWith("playground.js")) {
      assertThat(found).as("references seen").isGreaterThan(3);
    }
  }

  @Test
  void thePageNamesItsLanguageAndLabelsItsFields() throws IOException {
    String page = read(FOLDER.resolve("index.html"));
    assertThat(page).contains("<html lang=\"en\">", "name=\"viewport\"");
    Matcher fields = Pattern.compile("<input id=\"([\\w-]+)\"[^>]*>").matcher(page);
    int found = 0;
    while (fields.find()) {
      assertThat(
              page.contains("<label for=\"" + fields.group(1) + "\"")
                  || fields.group().contains("aria-label="))
          .as(fields.group(1))
          .isTrue();
      found++;
    }
    assertThat(found).isGreaterThan(4);
  }
}
