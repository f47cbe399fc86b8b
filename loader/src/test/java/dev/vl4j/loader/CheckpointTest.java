package dev.vl4j.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.loader.SafetensorsWriter.Entry;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
  @TempDir private Path directory;

  @Test
  void oneFile() {
    write("model.safetensors", bytes("a", 1, 2, 3), bytes("b", 4));
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertThat(checkpoint.names()).containsExactly("a", "b");
      assertThat(checkpoint.bytes()).isEqualTo(4);
      assertThat(checkpoint.contains("a")).isTrue();
      assertThat(checkpoint.contains("lm_head.weight")).isFalse();
      assertThat(firstByte(checkpoint.tensor("b"))).isEqualTo(4);
      assertThatThrownBy(() -> checkpoint.tensor("lm_head.weight"))
          .isInstanceOf(LoaderException.class)
          .hasMessage(directory + ": no tensor \"lm_head.weight\" in its weights");
    }
  }

  @Test
  void shards() throws IOException {
    write("model-1.safetensors", bytes("a.x", 1, 2), bytes("unlisted", 9));
    write("model-2.safetensors", bytes("b.x", 3));
    index(
        """
        {"metadata":{"total_size":3},"weight_map":{"b.x":"model-2.safetensors",
        "a.x":"model-1.safetensors"}}\
        """);
    Checkpoint checkpoint = Checkpoint.open(directory);
    assertThat(checkpoint.names()).containsExactly("a.x", "unlisted", "b.x");
    assertThat(checkpoint.bytes()).isEqualTo(4);
    assertThat(firstByte(checkpoint.tensor("a.x"))).isEqualTo(1);
    StoredTensor last = checkpoint.tensor("b.x");
    assertThat(firstByte(last)).isEqualTo(3);
    checkpoint.close();
    checkpoint.close();
    assertThatThrownBy(() -> firstByte(last)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void linksIntoADownloadCacheAreFollowed(@TempDir Path cache) throws IOException {
    write("weights", bytes("a", 5));
    Path blob = Files.move(directory.resolve("weights"), cache.resolve("0f3a"));
    Files.createSymbolicLink(directory.resolve("model-1.safetensors"), blob);
    index("{\"weight_map\":{\"a\":\"model-1.safetensors\"}}");
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertThat(firstByte(checkpoint.tensor("a"))).isEqualTo(5);
    }
  }

  @Test
  void noWeights() {
    assertThatThrownBy(() -> Checkpoint.open(directory))
        .isInstanceOf(LoaderException.class)
        .hasMessage(
            directory + ": no weights: neither model.safetensors nor model.safetensors.index.json");
  }

  @Test
  void weightsInOtherFormatsAreNamed() throws IOException {
    Files.createFile(directory.resolve("model-q4_0.gguf"));
    Files.createFile(directory.resolve("pytorch_model.bin"));
    Files.createFile(directory.resolve("vocab.txt"));
    assertThatThrownBy(() -> Checkpoint.open(directory))
        .isInstanceOf(LoaderException.class)
        .hasMessageEndingWith(", and no support for \"model-q4_0.gguf\", \"pytorch_model.bin\"");
  }

  @Test
  void aMissingShard() throws IOException {
    index("{\"weight_map\":{\"a\":\"model-7.safetensors\"}}");
    assertThatThrownBy(() -> Checkpoint.open(directory))
        .isInstanceOf(LoaderException.class)
        .hasMessageContainingAll(directory.toString(), "missing shard \"model-7.safetensors\"");
  }

  @Test
  void whatAnIndexListsInVainIsMissedWhenItIsAskedFor() throws IOException {
    write("model-1.safetensors", bytes("a", 1));
    index(
        """
        {"weight_map":{"a":"model-1.safetensors","b":"model-1.safetensors",
        "c":"model-2.safetensors"}}\
        """);
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertThat(firstByte(checkpoint.tensor("a"))).isEqualTo(1);
      assertThat(checkpoint.names()).containsExactly("a");
      assertThat(checkpoint.contains("b")).isFalse();
      assertThatThrownBy(() -> checkpoint.tensor("b"))
          .isInstanceOf(LoaderException.class)
          .hasMessageContainingAll(
              "no tensor \"b\": ", "lists it in \"model-1.safetensors\", which does not have it");
      // Nobody may take another tensor in its place because it is not there.
      assertThat(checkpoint.contains("c")).isTrue();
      assertThatThrownBy(() -> checkpoint.tensor("c"))
          .isInstanceOf(LoaderException.class)
          .hasMessageContainingAll("no tensor \"c\"", "\"model-2.safetensors\", which is missing");
    }
  }

  @Test
  void aWholeFileGoesBeforeAnIndex() throws IOException {
    write("model.safetensors", bytes("a", 1));
    for (String stale :
        List.of(
            "{\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\"}}",
            "not even JSON",
            "{\"weight_map\":{\"a\":\"../elsewhere\"}}")) {
      index(stale);
      try (Checkpoint checkpoint = Checkpoint.open(directory)) {
        assertThat(firstByte(checkpoint.tensor("a"))).as(stale).isEqualTo(1);
      }
    }
  }

  @Test
  void shardsWithoutAnIndex() throws IOException {
    write("model-00002-of-00002.safetensors", bytes("b", 2));
    assertThatThrownBy(() -> Checkpoint.open(directory))
        .isInstanceOf(LoaderException.class)
        .hasMessageContainingAll("no model.safetensors.index.json", "shard 1 of 2 is missing");
    write("model-00001-of-00002.safetensors", bytes("a", 1));
    write("adapter_model.safetensors", bytes("c", 3));
    write("scratch.safetensors", bytes("d", 4));
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertThat(checkpoint.names()).containsExactly("a", "b");
    }
    write("model-00001-of-00003.safetensors", bytes("a", 1));
    assertThatThrownBy(() -> Checkpoint.open(directory))
        .isInstanceOf(LoaderException.class)
        .hasMessageContaining("shards of 2 sets (model, of 2; model, of 3)");
  }

  @Test
  void filesOfOtherNamesAndNoIndex() throws IOException {
    write("adapter_model.safetensors", bytes("c", 3));
    assertThatThrownBy(() -> Checkpoint.open(directory))
        .isInstanceOf(LoaderException.class)
        .hasMessageEndingWith(", and no support for \"adapter_model.safetensors\"");
    write("weights_b.safetensors", bytes("b", 2));
    write("weights_a.safetensors", bytes("a", 1));
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertThat(checkpoint.names()).containsExactly("a", "b");
    }
  }

  @Test
  void ofTwoTensorsOfOneNameTheLastFileHasTheOneThatCounts() throws IOException {
    write("model-1.safetensors", bytes("a", 1));
    write("model-2.safetensors", bytes("a", 2), bytes("b", 3));
    index("{\"weight_map\":{\"b\":\"model-2.safetensors\",\"a\":\"model-1.safetensors\"}}");
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      assertThat(firstByte(checkpoint.tensor("a"))).isEqualTo(2);
    }
  }

  @Test
  void otherNames() {
    write("model.safetensors", bytes("a", 1), bytes("model.b", 2));
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      Checkpoint renamed =
          checkpoint.renamed(name -> name.startsWith("model.") ? name : "model." + name);
      assertThat(renamed.names()).containsExactly("model.a", "model.b");
      assertThat(renamed.tensor("model.a").name()).isEqualTo("model.a");
      assertThat(firstByte(renamed.tensor("model.a"))).isEqualTo(1);
      assertThatThrownBy(() -> checkpoint.renamed(_ -> "x"))
          .isInstanceOf(LoaderException.class)
          .hasMessageContainingAll("tensor \"x\" is stored twice", "as \"model.b\" in");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"git-lfs.github.com", "hawser.github.com"})
  void aPointerOfGitLfsIsCalledThat(String host) throws IOException {
    String pointer =
        "version https://%s/spec/v1\noid sha256:%s\nsize 4255140312\n"
            .formatted(host, "0".repeat(64));
    Files.writeString(directory.resolve("model.safetensors"), pointer);
    Files.writeString(directory.resolve("config.json"), pointer);
    assertThatThrownBy(() -> Checkpoint.open(directory))
        .isInstanceOf(LoaderException.class)
        .hasMessageContaining("model.safetensors: a Git LFS pointer, not the file itself");
    assertThatThrownBy(() -> ModelDirectory.open(directory))
        .isInstanceOf(LoaderException.class)
        .hasMessageContaining("config.json: a Git LFS pointer, not the file itself");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../x", "a/../../x", "/etc/passwd", "..", "", "..\\\\x", "x\\u0000.safetensors"})
  void anIndexThatPointsElsewhereIsRefused(String shard) throws IOException {
    index("{\"weight_map\":{\"a\":\"" + shard + "\"}}");
    assertThatThrownBy(() -> Checkpoint.open(directory))
        .isInstanceOf(LoaderException.class)
        .hasMessageContaining("model.safetensors.index.json: weight_map: ");
  }

  @Test
  void aMalformedIndex() throws IOException {
    index("{\"weight_map\":{\"model.norm.weight\":3}}");
    assertThatThrownBy(() -> Checkpoint.open(directory))
        .isInstanceOf(LoaderException.class)
        .hasMessageEndingWith(
            "index.json: weight_map[\"model.norm.weight\"]: expected a string, found 3");
    index("{}");
    assertThatThrownBy(() -> Checkpoint.open(directory))
        .isInstanceOf(LoaderException.class)
        .hasMessageEndingWith("weight_map: expected an object of strings, found nothing");
  }

  private static int firstByte(StoredTensor tensor) {
    return tensor.data().get(ValueLayout.JAVA_BYTE, 0);
  }

  private static Entry bytes(String name, int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return new Entry(
        name, ElementType.U8, List.of((long) values.length), RawSafetensors.content(bytes));
  }

  private void write(String name, Entry... entries) {
    SafetensorsWriter.write(directory.resolve(name), List.of(entries));
  }

  private void index(String json) throws IOException {
    Files.writeString(directory.resolve("model.safetensors.index.json"), json);
  }
}
