package dev.vl4j.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.Reranker;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pages and videos are entries as images are, by libraries that are found. */
class MediaFilesTest {
  private static final IndexSettings SETTINGS = IndexSettings.of("demo-embedder", "demo");

  private static Embedder embedder;
  private static Reranker reranker;

  @TempDir Path temporary;
  private TestFolder folder;
  private Path index;

  @BeforeAll
  static void open() {
    embedder = Embedder.openDemo();
    reranker = Reranker.openDemo();
  }

  @AfterAll
  static void close() {
    embedder.close();
    reranker.close();
  }

  @BeforeEach
  void makeFolder() throws IOException {
    folder = new TestFolder(Files.createDirectory(temporary.resolve("tree")).toRealPath());
    index = temporary.resolve("index");
    folder.text("report.pdf", "fake 3 40");
    folder.text("clip.MP4", "fake 20 10");
    folder.text("a.txt", "a red circle");
  }

  private IndexReport update() {
    try (Indexer indexer = Indexer.open(index, SETTINGS, IndexMode.CONTINUE)) {
      return indexer.update(folder.path(), embedder, IndexObserver.NONE);
    }
  }

  /** The gray in the middle of a preview, within what JPEG loses in a plain area. */
  private static void assertGray(Entry entry, int gray) throws IOException {
    BufferedImage preview = ImageIO.read(new ByteArrayInputStream(entry.preview()));
    assertThat(preview.getRGB(preview.getWidth() / 2, preview.getHeight() / 2) & 0xff)
        .isBetween(gray - 4, gray + 4);
  }

  @Test
  void vectorsAreTheEmbedders() throws IOException {
    assertThat(update().embedded()).isEqualTo(5);
    Path pdf = folder.path().resolve("report.pdf");
    Path clip = folder.path().resolve("clip.MP4");
    try (SearchIndex opened = SearchIndex.open(index)) {
      List<IndexedEntry> pages = opened.entries("report.pdf");
      assertThat(pages).hasSize(3);
      for (int i = 0; i < 3; i++) {
        Entry entry = pages.get(i).entry();
        assertThat(entry.kind()).isEqualTo(EntryKind.PAGE);
        assertThat(entry.place()).isEqualTo("report.pdf, page " + (i + 1));
        assertThat(pages.get(i).vector())
            .isEqualTo(embedder.embed(Content.of(Part.page(pdf, i + 1))));
        assertGray(entry, 40 + 20 * i);
      }
      IndexedEntry video = opened.entries("clip.MP4").getFirst();
      assertThat(video.entry().kind()).isEqualTo(EntryKind.VIDEO);
      assertThat(video.vector()).isEqualTo(embedder.embed(Content.of(Part.video(clip))));
      assertGray(video.entry(), 10 + 20 * 2);
      assertThat(opened.entryCounts())
          .containsEntry(EntryKind.PAGE, 3)
          .containsEntry(EntryKind.VIDEO, 1);
      SearchRequest seen =
          SearchRequest.of(Content.text("a circle"))
              .withKinds(Set.of(EntryKind.PAGE, EntryKind.VIDEO));
      assertThat(opened.ask(seen, embedder, reranker).hits())
          .hasSize(4)
          .allMatch(hit -> hit.judged() != null && hit.problem() == null);
      folder.text("clip.MP4", "fake 121 10");
      Files.delete(pdf);
      assertThat(opened.ask(seen, embedder, reranker).hits())
          .hasSize(4)
          .allMatch(hit -> hit.judged() == null)
          .extracting(Hit::problem)
          .contains("the file has changed", "the file is gone");
    }
    IndexReport again = update();
    assertThat(List.of(again.changed(), again.removed(), again.unchanged()))
        .containsExactly(1, 1, 1);
  }

  @Test
  void whatIsBrokenIsTold() {
    folder.text("report.pdf", "fake");
    folder.text("clip.MP4", "nothing");
    assertThat(update().failures())
        .containsExactly(
            new FileFailure("clip.MP4", "cannot read the video: it is broken"),
            new FileFailure("report.pdf", "cannot read the document: it is broken"));
  }
}
