package dev.vl4j.loader.hub;

import static dev.vl4j.loader.hub.FakeHub.MODEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The other hub, with its own answers to ranges and to unknown revisions. */
class ModelScopeTest {
  private static final ModelId ID = ModelId.parse("modelscope:" + MODEL);

  @TempDir Path cache;
  private FakeHub server;
  private final Notes notes = new Notes();

  @BeforeEach
  void start() throws IOException {
    server = new FakeHub();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private ModelHub hub() {
    return notes.hub(server.settings(Hub.MODELSCOPE, cache, "ms_secret"));
  }

  @Test
  void aModel() {
    Path snapshot = hub().pull(ID);
    assertThat(snapshot).startsWith(cache.resolve("modelscope--Org--Model-2B/snapshots"));
    for (String name : new String[] {"config.json", "model.safetensors", "tokenizer.json"}) {
      assertThat(snapshot.resolve(name)).hasBinaryContent(server.files.get(name));
    }
    assertThat(snapshot.resolve("pytorch_model.bin")).doesNotExist();
    assertThat(server.requests)
        .allMatch(request -> request.header("Authorization").equals("Bearer ms_secret"))
        .allMatch(request -> request.header("Cookie").equals("m_session_id=ms_secret"));
    server.requests.clear();
    assertThat(hub().resolve(ID)).isEqualTo(snapshot);
    assertThat(server.requests).isEmpty();
  }

  @Test
  void partsComeWithTheStatusOfTheWhole() throws IOException {
    byte[] weights = server.files.get("model.safetensors");
    Path blobs = Files.createDirectories(cache.resolve("modelscope--Org--Model-2B/blobs"));
    Files.write(
        blobs.resolve(FakeHub.sha256(weights) + ".vl4j.incomplete"), Arrays.copyOf(weights, 777));
    assertThat(hub().pull(ID).resolve("model.safetensors")).hasBinaryContent(weights);
    assertThat(server.requests)
        .filteredOn(request -> request.path().contains("FilePath=model.safetensors"))
        .extracting(request -> request.header("Range"))
        .containsExactly("bytes=777-");
  }

  @Test
  void changedFilesAreAnotherSnapshot() {
    Path before = hub().pull(ID);
    server.text("modules.json", "[{}]");
    assertThat(hub().resolve(ID)).isEqualTo(before);
    assertThat(hub().pull(ID)).isNotEqualTo(before);
  }

  @Test
  void anUnknownRevision() {
    assertThatExceptionOfType(HubException.class)
        .isThrownBy(() -> hub().pull(ID.withRevision("v9")))
        .withMessageContainingAll(MODEL, "no revision \"v9\"");
  }

  @Test
  void aModelOfAnotherHub() {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> hub().pull(ModelId.parse(MODEL)))
        .withMessageContaining("ModelScope");
  }
}
