package dev.vl4j.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathPatternTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "*.png | a.png, 2024/b.png, 2024/may/c.png | a.jpg, png",
        "2024/*.png | 2024/b.png | a.png, 2024/may/c.png",
        "2024/** | 2024/b.png, 2024/may/c.png | a.png, x/2024/b.png",
        "**/*.png | a.png, 2024/b.png, 2024/may/c.png | a.jpg",
        "2024/**/c.png | 2024/c.png, 2024/may/c.png, 2024/may/x/c.png | c.png, 2024/xc.png",
        "**/may/**/c.png | may/c.png, 2024/may/c.png, 2024/may/x/c.png | c.png, 2024/c.png",
        "photo?.{png,jpg} | photo1.png, x/photoä.jpg | photo.png, photo12.jpg",
        "[a-c]*.md | a.md, b1.md | d.md",
      })
  void fits(String pattern, String fitting, String others) {
    PathPattern matcher = new PathPattern(pattern);
    assertThat(fitting.split(", ", -1)).allMatch(matcher::matches);
    assertThat(others.split(", ", -1)).noneMatch(matcher::matches);
  }

  @Test
  void whatIsNone() {
    assertThatThrownBy(() -> new PathPattern("a[b"))
        .isInstanceOf(SearchException.class)
        .hasMessageStartingWith("not a pattern of paths: a[b (");
  }
}
