package dev.vl4j.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Paths are compared as URIs, which have their bytes whatever the locale of this JVM. */
class FileUrlTest {
  @ParameterizedTest
  @CsvSource({
    "file:///tmp/x.png, /tmp/x.png",
    "file:/tmp/x.png, /tmp/x.png",
    "FILE://LocalHost/tmp/x.png, /tmp/x.png",
    "' file:///tmp/x.png', /tmp/x.png",
    "file:///tmp/two words.png, /tmp/two%20words.png",
    "file:///tmp/two%20words.png, /tmp/two%20words.png",
    "file:///tmp/[1].png, /tmp/%5B1%5D.png",
    "file:///tmp/%5B1%5d.png, /tmp/%5B1%5D.png",
    "file:///tmp/bücher 北.png, /tmp/b%C3%BCcher%20%E5%8C%97.png",
    "file:///tmp/b%C3%BCcher.png, /tmp/b%C3%BCcher.png",
    "file:///tmp/latin1%FC.png, /tmp/latin1%FC.png",
    "file:///tmp/100%.png, /tmp/100%25.png",
    "file:///tmp/100%zz%2, /tmp/100%25zz%252",
    "file:////tmp//x.png, /tmp/x.png",
  })
  void theLikeliestPath(String url, String path) {
    assertThat(FileUrl.paths(url).getFirst().toUri().getRawPath()).isEqualTo(path);
  }

  @Test
  void whatMayBelongToTheNameOrTheUrl() {
    assertThat(FileUrl.paths("file:///tmp/a#b?c%20d.png"))
        .extracting(path -> path.toUri().getRawPath())
        .containsExactly("/tmp/a", "/tmp/a%23b%3Fc%20d.png", "/tmp/a%23b%3Fc%2520d.png");
    assertThat(FileUrl.paths("file:///tmp/a.png")).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "file:",
        "file://",
        "file:x.png",
        "file://x.png",
        "file://host/x.png",
        "file://localhost.example/x.png",
        "file://127.0.0.1/x.png",
        "file:///a%00b",
      })
  void noFilesOfThisMachine(String url) {
    assertThatThrownBy(() -> FileUrl.paths(url)).isInstanceOf(IllegalArgumentException.class);
  }
}
