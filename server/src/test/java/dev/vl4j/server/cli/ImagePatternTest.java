package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImagePatternTest {
  @TempDir Path folder;

  @BeforeEach
  void files() throws IOException {
    for (String name :
        List.of(
            "b.png",
            "a.JPG",
            "c.webp",
            "notes.txt",
            "png",
            ".hidden.png",
            "trip/d.jpeg",
            "trip/e.tif",
            "trip/far/f.gif",
            "trip/far/g.pdf",
            ".cache/h.png",
            "texts/x.txt",
            "odd[1].png",
            "folder.png/i.bmp")) {
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      Files.write(file, new byte[] {1});
    }
    Files.createDirectories(folder.resolve("empty"));
  }

  private List<String> found(String pattern) {
    return ImagePattern.files(folder + "/" + pattern).stream()
        .map(file -> folder.relativize(Path.of(file)).toString())
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | a.JPG b.png c.webp odd[1].png",
        "trip | trip/d.jpeg trip/e.tif",
        "trip/ | trip/d.jpeg trip/e.tif",
        "folder.png | folder.png/i.bmp",
        "* | a.JPG b.png c.webp odd[1].png",
        "*.png | b.png odd[1].png",
        "*.{png,webp} | b.png c.webp odd[1].png",
        "[a-b].* | a.JPG b.png",
        "?.png | b.png",
        "odd[1].png | odd[1].png",
        ".h* | .hidden.png",
        "*/* | folder.png/i.bmp trip/d.jpeg trip/e.tif",
        "t*/f*/* | trip/far/f.gif",
        "trip/** | trip/d.jpeg trip/e.tif trip/far/f.gif",
        "**/*.gif | trip/far/f.gif",
        "**/*.png | b.png odd[1].png",
        "**/far/* | trip/far/f.gif",
        "** | a.JPG b.png c.webp folder.png/i.bmp odd[1].png trip/d.jpeg trip/e.tif trip/far/f.gif",
        "**/** | a.JPG b.png c.webp folder.png/i.bmp odd[1].png trip/d.jpeg trip/e.tif trip/far/f.gif",
      })
  void foldersAndPatterns(String pattern, String expected) {
    assertThat(found(pattern)).containsExactly(expected.split(" "));
  }

  /** Whoever names a file knows what it is, and hears from its reader if that is wrong. */
  @ParameterizedTest
  @ValueSource(strings = {"b.png", "notes.txt", "nothing.png"})
  void filesStayAsTheyAre(String name) {
    assertThat(found(name)).containsExactly(name);
  }

  @Test
  void linksToFoldersLeadNowhere() throws IOException {
    Files.createSymbolicLink(folder.resolve("trip/back"), folder);
    assertThat(found("trip/**")).containsExactly("trip/d.jpeg", "trip/e.tif", "trip/far/f.gif");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "empty | no images in the folder FOLDER/empty (images are files ending in png, jpg, ",
        "texts | no images in the folder FOLDER/texts; other files: 1 (images",
        "none/*.png | no images match FOLDER/none/*.png (images",
        "*.txt | no images match FOLDER/*.txt; other files: 1 (images",
        "[ | not a pattern: FOLDER/[ (",
        "{a,b/c} | not a pattern: FOLDER/{a,b/c} (",
      })
  void refusals(String pattern, String message) {
    assertThatThrownBy(() -> found(pattern))
        .isInstanceOf(CliException.class)
        .hasMessageStartingWith("--image: " + message.replace("FOLDER", folder.toString()));
  }

  @Test
  void foldersInAFolder() throws IOException {
    Path year = Files.createDirectories(folder.resolve("empty/2024"));
    Files.write(year.resolve("x.png"), new byte[] {1});
    assertThatThrownBy(() -> found("empty"))
        .hasMessageContaining("'%s/empty/**' looks into its folders".formatted(folder));
    assertThat(found("empty/**")).containsExactly("empty/2024/x.png");
  }
}
