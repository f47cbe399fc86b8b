package dev.vl4j.search;

import static dev.vl4j.search.TestFolder.everything;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Embedder;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An index is what its folder holds, whatever happened to the folder before. */
class IndexerTest {
  private static final IndexSettings SETTINGS = IndexSettings.of("tiny", "one").withPieceLength(60);

  @TempDir private static Path models;
  private static Embedder embedder;

  @TempDir Path temporary;
  private TestFolder folder;
  private Path index;

  @BeforeAll
  static void open() {
    embedder = TestModel.open(models.resolve("model"));
  }

  @AfterAll
  static void close() {
    embedder.close();
  }

  @BeforeEach
  void makeFolder() throws IOException {
    folder = new TestFolder(Files.createDirectory(temporary.resolve("tree")).toRealPath());
    index = temporary.resolve("index");
    folder.text("a.txt", "a red circle");
    folder.picture("sub/red.png", Color.RED);
    folder.text(
        "sub/long.md",
        "# A heading\n\nThe first paragraph has some words in it.\n\nThe second one has others, and is"
            + " longer. It has two sentences, of which this is one.\n");
  }

  private IndexReport update() {
    return update(SETTINGS, IndexMode.CONTINUE);
  }

  private IndexReport update(IndexSettings settings, IndexMode mode) {
    try (Indexer indexer = Indexer.open(index, settings, mode)) {
      return indexer.update(folder.path(), embedder, IndexObserver.NONE);
    }
  }

  /** The same as an index that is made of the folder at once. */
  private void assertIsTheFolder() {
    Path fresh = temporary.resolve("fresh" + System.nanoTime());
    try (Indexer indexer = Indexer.open(fresh, SETTINGS, IndexMode.CONTINUE)) {
      indexer.update(folder.path(), embedder, IndexObserver.NONE);
    }
    assertThat(everything(index)).isEqualTo(everything(fresh));
  }

  private static void assertCounts(
      IndexReport report, int added, int changed, int unchanged, int removed, long embedded) {
    assertThat(report.failures()).isEmpty();
    assertThat(List.of(report.added(), report.changed(), report.unchanged(), report.removed()))
        .containsExactly(added, changed, unchanged, removed);
    assertThat(report.embedded()).isEqualTo(embedded);
    assertThat(report.complete()).isTrue();
  }

  @Test
  void vectorsAreTheEmbedders() {
    assertCounts(update(), 3, 0, 0, 0, 5);
    try (SearchIndex opened = SearchIndex.open(index)) {
      assertThat(opened.paths()).containsExactly("a.txt", "sub/long.md", "sub/red.png");
      assertThat(opened.dimensions()).isEqualTo(embedder.dimensions());
      assertThat(opened.settings()).isEqualTo(SETTINGS);
      assertThat(opened.root()).isEqualTo(folder.path());
      assertThat(opened.entryCounts())
          .containsEntry(EntryKind.TEXT, 4)
          .containsEntry(EntryKind.IMAGE, 1)
          .containsEntry(EntryKind.PAGE, 0);
      IndexedEntry text = opened.entries("a.txt").getFirst();
      assertThat(text.vector()).isEqualTo(embedder.embed(Content.text("a red circle")));
      assertThat(text.entry().text()).isEqualTo("a red circle");
      IndexedEntry picture = opened.entries("sub/red.png").getFirst();
      assertThat(picture.vector())
          .isEqualTo(embedder.embed(Content.image(folder.path().resolve("sub/red.png"))));
      assertThat(picture.entry().preview()).startsWith(0xff, 0xd8);
      List<IndexedEntry> pieces = opened.entries("sub/long.md");
      assertThat(pieces).extracting(each -> each.entry().number()).containsExactly(1, 2, 3);
      assertThat(pieces.getFirst().entry().place()).isEqualTo("sub/long.md:1-3");
      assertThat(pieces.get(1).vector())
          .isEqualTo(embedder.embed(Content.text(pieces.get(1).entry().text())));
      assertThat(opened.entries("no such file")).isEmpty();
    }
  }

  @Test
  void onlyWhatChangedIsEmbedded() throws IOException {
    update();
    assertCounts(update(), 0, 0, 3, 0, 0);
    folder.text("a.txt", "a blue square");
    folder.text("b.txt", "something new");
    Files.delete(folder.path().resolve("sub/red.png"));
    assertCounts(update(), 1, 1, 1, 1, 2);
    assertIsTheFolder();
    assertCounts(update(), 0, 0, 3, 0, 0);
  }

  /** The same size and another time: the content decides. */
  @Test
  void aTimeAloneChangesNothing() throws IOException {
    update();
    Map<String, List<Object>> before = everything(index);
    Path file = folder.path().resolve("sub/long.md");
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_000_000L));
    assertCounts(update(), 0, 0, 3, 0, 0);
    assertThat(everything(index)).isEqualTo(before);
    // From now on the new time is known.
    List<String> read = new ArrayList<>();
    try (Indexer indexer = Indexer.open(index, SETTINGS, IndexMode.CONTINUE)) {
      indexer.update(
          folder.path(),
          embedder,
          new IndexObserver() {
            @Override
            public void fileDone(String path, int embedded) {
              read.add(path);
            }
          });
    }
    assertThat(read).isEmpty();
  }

  /** A file that was just written may change once more without showing it by size or time. */
  @Test
  void aFreshTimeIsNotTrusted() throws IOException {
    Path file = folder.path().resolve("a.txt");
    Files.writeString(file, "a red circle!");
    FileTime now = Files.getLastModifiedTime(file);
    update();
    Files.writeString(file, "a red square!");
    Files.setLastModifiedTime(file, now);
    assertCounts(update(), 0, 1, 2, 0, 1);
    assertIsTheFolder();
  }

  @Test
  void aRenamedFileAndACopyKeepTheirVectors() throws IOException {
    update();
    Files.move(folder.path().resolve("sub/long.md"), folder.path().resolve("moved.md"));
    Files.copy(folder.path().resolve("sub/red.png"), folder.path().resolve("copy.png"));
    assertCounts(update(), 2, 0, 2, 1, 0);
    assertIsTheFolder();
  }

  @Test
  void equalFilesAreEachThere() {
    folder.text("x/1.txt", "the same");
    folder.text("x/2.txt", "the same");
    update();
    assertThat(everything(index)).containsKeys("x/1.txt 1", "x/2.txt 1");
    assertThat(everything(index).get("x/1.txt 1")).isEqualTo(everything(index).get("x/2.txt 1"));
  }

  @Test
  void aTextGetsShorterAndEmpty() {
    update();
    folder.text("sub/long.md", "# A heading\n");
    assertCounts(update(), 0, 1, 2, 0, 1);
    assertIsTheFolder();
    folder.text("sub/long.md", "\uFEFF \n");
    assertCounts(update(), 0, 1, 2, 0, 0);
    assertThat(everything(index)).containsKey("sub/long.md").doesNotContainKey("sub/long.md 1");
    assertCounts(update(), 0, 0, 3, 0, 0);
  }

  @Test
  void aByteOrderMarkIsNoPartOfTheText() {
    folder.text("bom.txt", "\uFEFFa red circle");
    update();
    assertThat(everything(index).get("bom.txt 1")).isEqualTo(everything(index).get("a.txt 1"));
  }

  /** Each is told, all others are indexed, and it is tried again. */
  @Test
  void whatCannotBeReadIsTold() throws IOException {
    update();
    folder.text("sub/red.png", "no picture");
    folder.bytes("latin.txt", new byte[] {'a', (byte) 0xe9, 'b'});
    folder.bytes("empty.png", new byte[0]);
    folder.text("z.txt", "after all of these");
    Files.createSymbolicLink(folder.path().resolve("gone.md"), folder.path().resolve("nothing"));
    for (int i = 0; i < 2; i++) {
      IndexReport report = update();
      assertThat(report.failures())
          .containsExactly(
              new FileFailure("empty.png", "cannot read the image: it is empty"),
              new FileFailure("gone.md", "no such file or directory"),
              new FileFailure("latin.txt", "it is not UTF-8"),
              new FileFailure(
                  "sub/red.png",
                  "cannot read the image: it is not a PNG, JPEG, GIF, BMP, TIFF or WebP image"));
      assertThat(report.complete()).isTrue();
      assertThat(everything(index))
          .containsKeys("z.txt 1", "a.txt 1", "sub/long.md 3")
          .doesNotContainKeys("sub/red.png", "latin.txt");
    }
    folder.picture("sub/red.png", Color.RED);
    folder.text("latin.txt", "a\u00e9b");
    Files.delete(folder.path().resolve("gone.md"));
    Files.delete(folder.path().resolve("empty.png"));
    assertCounts(update(), 2, 0, 3, 0, 2);
    assertIsTheFolder();
  }

  /** One piece of many that the model cannot read is the file's failure. */
  @Test
  void aPieceThatIsTooLongForTheModel() {
    folder.text("huge.txt", "short. ".repeat(4) + "\n\n" + "x".repeat(60_000));
    IndexSettings whole = IndexSettings.of("tiny", "one").withPieceLength(50_000);
    IndexReport report = update(whole, IndexMode.ANEW);
    assertThat(report.failures()).hasSize(1);
    assertThat(report.failures().getFirst().path()).isEqualTo("huge.txt");
    assertThat(report.failures().getFirst().reason()).contains("tokens");
    assertThat(everything(index)).containsKey("a.txt 1").doesNotContainKey("huge.txt");
  }

  @Test
  void namesOfAllKinds() {
    List<String> names =
        List.of(
            "\u00fcml\u00e4ut.txt",
            "u\u0308ml.txt",
            "\u65e5\u672c\u8a9e/\u5199\u771f.md",
            "\uD83D\uDE00.txt",
            "with space & <b>.txt",
            "-dash.txt",
            "UPPER.TXT",
            "a:b\\c.txt",
            "line\nbreak.txt");
    names.forEach(name -> folder.text(name, "text of " + name));
    folder.text("no-ending", "other");
    folder.text(".hidden.txt", "hidden");
    folder.text(".git/x.txt", "hidden");
    IndexReport report = update();
    assertThat(report.failures()).isEmpty();
    assertThat(report.others()).isEqualTo(1);
    try (SearchIndex opened = SearchIndex.open(index)) {
      assertThat(opened.paths()).containsAll(names).hasSize(names.size() + 3);
    }
    assertCounts(update(), 0, 0, names.size() + 3, 0, 0);
  }

  @Test
  void anEmptyFolder() throws IOException {
    Path empty = Files.createDirectory(temporary.resolve("empty"));
    try (Indexer indexer = Indexer.open(index, SETTINGS, IndexMode.CONTINUE)) {
      assertCounts(indexer.update(empty, embedder, IndexObserver.NONE), 0, 0, 0, 0, 0);
    }
    try (SearchIndex opened = SearchIndex.open(index)) {
      assertThat(opened.paths()).isEmpty();
      assertThat(opened.ask(SearchRequest.of(Content.text("x")), embedder, null).hits()).isEmpty();
    }
  }

  /** Links to files are files; those to folders are not followed, wherever they lead. */
  @Test
  void links() throws IOException {
    Files.createSymbolicLink(folder.path().resolve("sub/loop"), folder.path());
    Files.createSymbolicLink(folder.path().resolve("link.txt"), folder.path().resolve("a.txt"));
    Files.createSymbolicLink(folder.path().resolve("self.txt"), folder.path().resolve("self.txt"));
    IndexReport report = update();
    assertThat(report.linkedFolders()).isEqualTo(1);
    assertThat(report.failures()).extracting(FileFailure::path).containsExactly("self.txt");
    assertThat(everything(index)).containsKeys("link.txt 1", "a.txt 1");
    assertThat(everything(index).keySet()).noneMatch(path -> path.startsWith("sub/loop"));
  }

  @Test
  void anIndexWithinItsFolderIsNoPartOfIt() {
    index = folder.path().resolve("index");
    update();
    folder.text("index/notes.txt", "somebody's");
    assertCounts(update(), 0, 0, 3, 0, 0);
  }

  @Test
  void settingsThatAreOthersAreRefusedByName() {
    update();
    Map<String, List<Object>> before = everything(index);
    assertRefused(IndexSettings.of("big", "two").withPieceLength(60), "the model tiny, not big");
    assertRefused(
        IndexSettings.of("tiny", "two").withPieceLength(60),
        "the model tiny, whose files were others");
    assertRefused(SETTINGS.withPieceLength(61), "pieces of 60 characters, not of 61");
    assertRefused(
        SETTINGS.withInstruction("find"),
        "the model's own instruction, not the instruction \"find\"");
    assertThat(everything(index)).isEqualTo(before);
    // What a model is called is nothing that vectors depend on.
    assertCounts(
        update(IndexSettings.of("another name", "one").withPieceLength(60), IndexMode.CONTINUE),
        0,
        0,
        3,
        0,
        0);
    assertCounts(update(SETTINGS.withInstruction("find"), IndexMode.ANEW), 3, 0, 0, 0, 5);
  }

  private void assertRefused(IndexSettings settings, String said) {
    assertThatThrownBy(() -> update(settings, IndexMode.CONTINUE))
        .isInstanceOf(SearchException.class)
        .hasMessage("%s was made with %s; index with that, or make it anew", index, said);
  }

  @Test
  void anotherFolderIsRefusedAndAMovedOneIsNot() throws IOException {
    update();
    Path other = Files.createDirectory(temporary.resolve("other"));
    try (Indexer indexer = Indexer.open(index, SETTINGS, IndexMode.CONTINUE)) {
      assertThatThrownBy(() -> indexer.update(other, embedder, IndexObserver.NONE))
          .isInstanceOf(SearchException.class)
          .hasMessageContaining("is the index of " + folder.path() + ", not of ");
    }
    Path moved = temporary.resolve("elsewhere");
    Files.move(folder.path(), moved);
    folder = new TestFolder(moved.toRealPath());
    assertCounts(update(SETTINGS, IndexMode.MOVED), 0, 0, 3, 0, 0);
    assertCounts(update(), 0, 0, 3, 0, 0);
    assertIsTheFolder();
  }

  @Test
  void twoWritersAtOnce() {
    try (Indexer _ = Indexer.open(index, SETTINGS, IndexMode.CONTINUE)) {
      assertThatThrownBy(() -> Indexer.open(index, SETTINGS, IndexMode.CONTINUE))
          .isInstanceOf(SearchException.class)
          .hasMessage("%s is being written by another vl4j", index);
    }
    assertCounts(update(), 3, 0, 0, 0, 5);
  }

  @Test
  void aFolderWithSomethingElse() {
    folder.text("notes.txt", "mine");
    assertThatThrownBy(() -> Indexer.open(folder.path(), SETTINGS, IndexMode.ANEW))
        .isInstanceOf(SearchException.class)
        .hasMessageContaining("an index takes a folder of its own");
    assertThatThrownBy(
            () -> Indexer.open(folder.path().resolve("a.txt"), SETTINGS, IndexMode.CONTINUE))
        .isInstanceOf(SearchException.class)
        .hasMessageContaining("is no folder");
    assertThat(folder.path().resolve("write.lock")).doesNotExist();
    assertThatThrownBy(() -> SearchIndex.open(folder.path()))
        .isInstanceOf(SearchException.class)
        .hasMessageStartingWith("there is no index in ");
    Indexer indexer = Indexer.open(index, SETTINGS, IndexMode.CONTINUE);
    try (indexer) {
      assertThatThrownBy(
              () -> indexer.update(temporary.resolve("nowhere"), embedder, IndexObserver.NONE))
          .isInstanceOf(SearchException.class)
          .hasMessage("there is no folder " + temporary.resolve("nowhere"));
    }
  }

  @Test
  void aDamagedIndex() throws IOException {
    update();
    try (var files = Files.list(index)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".si")).toList()) {
        Files.write(file, new byte[] {1, 2, 3});
      }
    }
    assertThatThrownBy(() -> SearchIndex.open(index))
        .isInstanceOf(SearchException.class)
        .hasMessage("%s is damaged; make it anew", index);
    assertThatThrownBy(this::update).hasMessage("%s is damaged; make it anew", index);
    assertCounts(update(SETTINGS, IndexMode.ANEW), 3, 0, 0, 0, 5);
  }

  /** What is done stays, and the next update does the rest. */
  @Test
  void anUpdateThatIsStopped() {
    for (int i = 0; i < 200; i++) {
      folder.text("many/%03d.txt".formatted(i), "text number " + i);
    }
    IndexReport report;
    try (Indexer indexer = Indexer.open(index, SETTINGS, IndexMode.CONTINUE)) {
      report =
          indexer.update(
              folder.path(),
              embedder,
              new IndexObserver() {
                @Override
                public void fileDone(String path, int embedded) {
                  indexer.stop();
                }
              });
    }
    assertThat(report.complete()).isFalse();
    assertThat(report.added()).isBetween(1, 199);
    IndexReport rest = update();
    assertThat(rest.unchanged()).isEqualTo(report.added());
    assertThat(rest.embedded()).isEqualTo(205 - report.embedded());
    assertIsTheFolder();
  }

  /** The observer's own failure ends the update, and takes nothing back. */
  @Test
  void anUpdateThatFails() {
    try (Indexer indexer = Indexer.open(index, SETTINGS, IndexMode.CONTINUE)) {
      assertThatThrownBy(() ->
              indexer.update(
                  folder.path(),
                  embedder,
                  new IndexObserver() {
                    @Override
                    public void fileDone(String path, int embedded) {
                      throw new IllegalStateException("enough");
                    }
                  }))
          .hasMessage("enough");
    }
    assertThat(everything(index)).containsOnlyKeys("a.txt", "a.txt 1");
    update();
    assertIsTheFolder();
  }
}
