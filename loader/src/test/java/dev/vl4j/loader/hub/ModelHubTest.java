package dev.vl4j.loader.hub;

import static dev.vl4j.loader.hub.FakeHub.COMMIT;
import static dev.vl4j.loader.hub.FakeHub.MODEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is downloaded, how it is laid out, and when the cache alone will do. */
class ModelHubTest {
  private static final ModelId ID = ModelId.parse(MODEL);
  private static final List<String> NEEDED =
      List.of(
          "1_LogitScore/config.json",
          "config.json",
          "model.safetensors",
          "modules.json",
          "tokenizer.json");

  @TempDir Path cache;
  private FakeHub server;
  private final Notes notes = new Notes();
  private Path repository;

  @BeforeEach
  void start() throws IOException {
    server = new FakeHub();
    repository = cache.resolve("models--Org--Model-2B");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private HubSettings offline() {
    HubSettings online = server.settings(cache);
    return new HubSettings(
        online.hub(),
        online.endpoint(),
        cache,
        null,
        true,
        true,
        online.answerTimeout(),
        online.stallTimeout());
  }

  private HubSettings withoutLinks() {
    HubSettings linked = server.settings(cache);
    return new HubSettings(
        linked.hub(),
        linked.endpoint(),
        cache,
        linked.token(),
        false,
        false,
        linked.answerTimeout(),
        linked.stallTimeout());
  }

  private static List<String> filesIn(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> directory.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  private void checkContents(Path snapshot) throws IOException {
    assertThat(filesIn(snapshot)).isEqualTo(NEEDED);
    for (String name : NEEDED) {
      assertThat(snapshot.resolve(name)).hasBinaryContent(server.files.get(name));
    }
  }

  private static void refused(ThrowingCallable work, String... parts) {
    assertThatExceptionOfType(HubException.class)
        .isThrownBy(work)
        .withMessageNotContaining("\n")
        .satisfies(refusal -> assertThat(refusal.getMessage()).contains(parts));
  }

  @Test
  void layoutIsThatOfPython() throws IOException {
    Path snapshot = notes.hub(server.settings(cache)).pull(ID);

    assertThat(snapshot).isEqualTo(repository.resolve("snapshots").resolve(COMMIT));
    checkContents(snapshot);
    for (String name : NEEDED) {
      Path link = snapshot.resolve(name);
      Path target = Files.readSymbolicLink(link);
      assertThat(target).isRelative();
      assertThat(target)
          .isEqualTo(
              Path.of(name.contains("/") ? "../../../blobs" : "../../blobs")
                  .resolve(server.blobName(name)));
    }
    assertThat(repository.resolve("refs/main")).hasContent(COMMIT);
    assertThat(filesIn(repository.resolve("blobs")))
        .containsExactlyInAnyOrderElementsOf(NEEDED.stream().map(server::blobName).toList());
    assertThat(notes.done).isEqualTo(notes.total);
  }

  @Test
  void aSecondPullDownloadsNothing() {
    notes.hub(server.settings(cache)).pull(ID);
    server.requests.clear();
    notes.hub(server.settings(cache)).pull(ID);
    assertThat(server.requests)
        .extracting(FakeHub.Request::path)
        .allMatch(path -> path.startsWith("/api/"));
  }

  @Test
  void aWholeSnapshotIsResolvedWithoutTheHub() throws IOException {
    notes.hub(server.settings(cache)).pull(ID);
    server.requests.clear();
    checkContents(notes.hub(server.settings(cache)).resolve(ID));
    checkContents(notes.hub(server.settings(cache)).pull(ID.withRevision(COMMIT)));
    checkContents(notes.hub(offline()).resolve(ID));
    checkContents(notes.hub(offline()).pull(ID));
    assertThat(server.requests).isEmpty();
  }

  @Test
  void aSnapshotThatLacksAFileIsNotWhole() throws IOException {
    Path snapshot = notes.hub(server.settings(cache)).pull(ID);
    Files.delete(repository.resolve("blobs").resolve(server.blobName("1_LogitScore/config.json")));
    refused(
        () -> notes.hub(offline()).resolve(ID),
        MODEL,
        snapshot.toString(),
        "1_LogitScore/config.json",
        "HF_HUB_OFFLINE");
    checkContents(notes.hub(server.settings(cache)).resolve(ID));
  }

  @Test
  void oddNamesOfOtherFilesDoNotMatter() throws IOException {
    server.text("runs/Dec01_12:00:00/events.out \u00e4 %2f.log", "x");
    checkContents(notes.hub(server.settings(cache)).pull(ID));
  }

  @Test
  void shardsAreThoseOfTheIndex() throws IOException {
    server.files.remove("model.safetensors");
    server.random("model-00001-of-00002.safetensors", 1000);
    server.random("model-00002-of-00002.safetensors", 2001);
    server.random("consolidated.safetensors", 5000);
    server.text(
        "model.safetensors.index.json",
        "{\"weight_map\": {\"a\": \"model-00002-of-00002.safetensors\","
            + " \"b\": \"model-00001-of-00002.safetensors\"}}");
    Path snapshot = notes.hub(server.settings(cache)).pull(ID);
    assertThat(filesIn(snapshot))
        .contains("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
        .doesNotContain("consolidated.safetensors");
    server.requests.clear();
    assertThat(notes.hub(server.settings(cache)).resolve(ID)).isEqualTo(snapshot);
    assertThat(server.requests).isEmpty();
  }

  @Test
  void shardsWithoutAnIndexAreTakenByTheirNumbers() throws IOException {
    server.files.remove("model.safetensors");
    server.random("model-00001-of-00002.safetensors", 1000);
    server.random("model-00002-of-00002.safetensors", 2001);
    server.random("adapter_model.safetensors", 50);
    server.random("onnx/model.safetensors", 60);
    Path snapshot = notes.hub(server.settings(cache)).pull(ID);
    assertThat(filesIn(snapshot))
        .contains("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
        .doesNotContain("adapter_model.safetensors", "onnx/model.safetensors");
    server.requests.clear();
    assertThat(notes.hub(server.settings(cache)).resolve(ID)).isEqualTo(snapshot);
    assertThat(server.requests).isEmpty();
  }

  @Test
  void aWholeFileGoesBeforeAnIndex() throws IOException {
    server.text("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"gone.safetensors\"}}");
    Path snapshot = notes.hub(server.settings(cache)).pull(ID);
    assertThat(filesIn(snapshot)).contains("model.safetensors");
    assertThat(notes.hub(server.settings(cache)).resolve(ID)).isEqualTo(snapshot);
  }

  @Test
  void anIndexDoesNotPointElsewhere() {
    server.files.remove("model.safetensors");
    server.text("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"../../x\"}}");
    refused(() -> notes.hub(server.settings(cache)).pull(ID), "weight_map", "../../x");
  }

  @Test
  void aListingOfManyPages() throws IOException {
    server.pagesOfOne = true;
    checkContents(notes.hub(server.settings(cache)).pull(ID));
  }

  @Test
  void aBranchThatMovedSharesItsBlobs() throws IOException {
    notes.hub(server.settings(cache)).pull(ID);
    server.commit = "f".repeat(40);
    server.text("modules.json", "[{}]");
    server.requests.clear();
    Path snapshot = notes.hub(server.settings(cache)).pull(ID);
    checkContents(snapshot);
    assertThat(repository.resolve("refs/main")).hasContent(server.commit);
    assertThat(server.contentRequests("model.safetensors")).isEmpty();
    assertThat(server.contentRequests("modules.json")).hasSize(1);
    assertThat(notes.hub(offline()).resolve(ID)).isEqualTo(snapshot);
    assertThat(notes.hub(offline()).resolve(ID.withRevision(COMMIT)))
        .isEqualTo(repository.resolve("snapshots").resolve(COMMIT));
  }

  @Test
  void branchesWithSlashes() throws IOException {
    notes.hub(server.settings(cache)).pull(ID.withRevision("refs/pr/7"));
    assertThat(repository.resolve("refs/refs/pr/7")).hasContent(COMMIT);
    assertThat(server.requests.getFirst().path()).endsWith("/revision/refs%2Fpr%2F7");
  }

  @Test
  void whereLinksAreImpossibleSnapshotsHoldFiles() throws IOException {
    Path snapshot = notes.hub(withoutLinks()).pull(ID);
    checkContents(snapshot);
    assertThat(snapshot.resolve("model.safetensors")).isRegularFile();
    assertThat(Files.isSymbolicLink(snapshot.resolve("model.safetensors"))).isFalse();
    assertThat(filesIn(repository.resolve("blobs"))).isEmpty();
    checkContents(notes.hub(offline()).resolve(ID));
  }

  /** The layout as Python leaves it: no listing of the tree before version 1.20 of its library. */
  private Path pythonsCache(boolean whole) throws IOException {
    Path snapshot = repository.resolve("snapshots").resolve(COMMIT);
    Files.createDirectories(repository.resolve("blobs"));
    for (String name : NEEDED) {
      if (!whole && name.equals("model.safetensors")) {
        continue;
      }
      Path link = snapshot.resolve(name);
      Files.createDirectories(link.getParent());
      Path blob = repository.resolve("blobs").resolve(server.blobName(name));
      Files.write(blob, server.files.get(name));
      Files.createSymbolicLink(link, link.getParent().relativize(blob));
    }
    Files.createDirectories(repository.resolve("refs"));
    Files.writeString(repository.resolve("refs/main"), COMMIT);
    return snapshot;
  }

  @Test
  void pythonsCacheIsUsedAsItIs() throws IOException {
    Path snapshot = pythonsCache(true);
    assertThat(notes.hub(offline()).resolve(ID)).isEqualTo(snapshot);
    assertThat(notes.hub(server.settings(cache)).resolve(ID)).isEqualTo(snapshot);
    // Asked once what belongs to the commit, and never again.
    assertThat(server.requests).allMatch(request -> request.path().startsWith("/api/"));
    server.requests.clear();
    assertThat(notes.hub(server.settings(cache)).resolve(ID)).isEqualTo(snapshot);
    assertThat(server.requests).isEmpty();
  }

  @Test
  void pythonsCacheIsCompleted() throws IOException {
    pythonsCache(false);
    refused(() -> notes.hub(offline()).resolve(ID), "model.safetensors", "incomplete");
    server.requests.clear();
    checkContents(notes.hub(server.settings(cache)).resolve(ID));
    assertThat(server.contentRequests("config.json")).isEmpty();
    assertThat(server.contentRequests("model.safetensors")).hasSize(1);
  }

  @Test
  void aHubOutOfReachLeavesTheCache() throws IOException {
    Path snapshot = pythonsCache(true);
    HubSettings settings = server.settings(cache);
    server.close();
    assertThat(notes.hub(settings).resolve(ID)).isEqualTo(snapshot);
    assertThat(notes.notes.getLast()).contains("127.0.0.1", "using what is in the cache");
    refused(() -> notes.hub(settings).pull(ID), MODEL, "127.0.0.1", "gave up after 5 attempts");
  }

  @Test
  void offlineWithoutACache() {
    refused(() -> notes.hub(offline()).resolve(ID), MODEL, "not in the cache", "HF_HUB_OFFLINE");
    refused(() -> notes.hub(offline()).pull(ID), MODEL, "not in the cache", "HF_HUB_OFFLINE");
    assertThat(server.requests).isEmpty();
    assertThat(cache).isEmptyDirectory();
  }

  @Test
  void aCacheThatCannotBeWritten() throws IOException {
    Path snapshot = notes.hub(server.settings(cache)).pull(ID);
    List<Path> directories;
    try (Stream<Path> all = Files.walk(cache)) {
      directories = all.filter(Files::isDirectory).toList();
    }
    try {
      for (Path directory : directories) {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("r-xr-xr-x"));
      }
      assertThat(notes.hub(server.settings(cache)).resolve(ID)).isEqualTo(snapshot);
      assertThat(notes.hub(server.settings(cache)).pull(ID)).isEqualTo(snapshot);
    } finally {
      for (Path directory : directories) {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
  }

  @Test
  void aCacheThatIsNoDirectory() throws IOException {
    Path file = Files.writeString(cache.resolve("file"), "");
    refused(() -> notes.hub(server.settings(file)).pull(ID), file.toString(), "cannot be written");
  }

  @Test
  void aFullDisk() {
    notes.usableBytes = 1000;
    refused(
        () -> notes.hub(server.settings(cache)).pull(ID), MODEL, "no space", "found 1000", "300");
    assertThat(server.contentRequests("model.safetensors")).isEmpty();
  }

  @Test
  void aRepositoryThatIsNoModel() {
    server.files.remove("model.safetensors");
    refused(() -> notes.hub(server.settings(cache)).pull(ID), MODEL, "no model.safetensors");
    server.files.remove("config.json");
    refused(() -> notes.hub(server.settings(cache)).pull(ID), MODEL, "no config.json");
  }
}
