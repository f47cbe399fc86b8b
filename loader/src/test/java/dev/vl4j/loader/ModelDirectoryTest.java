package dev.vl4j.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.loader.ModelDirectory.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelDirectoryTest {
  private static final String TRANSFORMER =
      "{\"idx\":0,\"name\":\"0\",\"path\":\"\",\"type\":\"sentence_transformers.models.Transformer\"}";

  @TempDir private Path directory;

  @Test
  void aDirectoryThatIsNone() throws IOException {
    Path missing = directory.resolve("missing");
    assertThatThrownBy(() -> ModelDirectory.open(missing))
        .isInstanceOf(LoaderException.class)
        .hasMessage(missing + ": no such directory");
    Path file = Files.createFile(directory.resolve("file"));
    assertThatThrownBy(() -> ModelDirectory.open(file))
        .isInstanceOf(LoaderException.class)
        .hasMessage(file + ": not a directory");
    assertThatThrownBy(() -> ModelDirectory.open(directory))
        .isInstanceOf(LoaderException.class)
        .hasMessageStartingWith(directory + ": no config.json");
  }

  @Test
  void configurationAlone() throws IOException {
    write("config.json", "{\"model_type\":\"some\"}");
    ModelDirectory model = ModelDirectory.open(directory);
    assertThat(model.directory()).isEqualTo(directory);
    assertThat(model.config().requireString("model_type")).isEqualTo("some");
    assertThat(model.preprocessor()).isEmpty();
    assertThat(model.videoPreprocessor()).isEmpty();
    assertThat(model.tokenizerConfig()).isEmpty();
    assertThat(model.trueTokenId()).isEmpty();
    assertThat(model.falseTokenId()).isEmpty();
    assertThat(model.kind()).isEqualTo(Kind.UNDECLARED);
    assertThat(model.evidence()).isEqualTo("no side file tells");
    assertThatThrownBy(model::tokenizer)
        .isInstanceOf(LoaderException.class)
        .hasMessage(directory + ": no tokenizer.json");
    assertThatThrownBy(model::openCheckpoint)
        .isInstanceOf(LoaderException.class)
        .hasMessageContaining("no weights");
  }

  @Test
  void aWholeReranker() throws IOException {
    write("config.json", "{}");
    write("preprocessor_config.json", "{\"patch_size\":16}");
    write("video_preprocessor_config.json", "{\"patch_size\":14}");
    write("tokenizer_config.json", "{\"eos_token\":\"<|im_end|>\"}");
    write("tokenizer.json", "{}");
    write("1_LogitScore/config.json", "{\"true_token_id\":9693,\"false_token_id\":2152}");
    write("modules.json", modules("1_LogitScore", "sentence_transformers.models.LogitScore"));
    SafetensorsWriter.write(directory.resolve("model.safetensors"), List.of());

    ModelDirectory model = ModelDirectory.open(directory);
    assertThat(model.preprocessor().orElseThrow().requireInt("patch_size")).isEqualTo(16);
    assertThat(model.videoPreprocessor().orElseThrow().requireInt("patch_size")).isEqualTo(14);
    assertThat(model.tokenizerConfig().orElseThrow().has("eos_token")).isTrue();
    assertThat(model.tokenizer()).isEqualTo(directory.resolve("tokenizer.json"));
    assertThat(model.trueTokenId()).hasValue(9693);
    assertThat(model.falseTokenId()).hasValue(2152);
    assertKind(Kind.RERANKER, "modules.json lists 1_LogitScore");
    try (Checkpoint checkpoint = model.openCheckpoint()) {
      assertThat(checkpoint.names()).isEmpty();
    }
  }

  @Test
  void everySideFileTellsByItself() throws IOException {
    write("config.json", "{}");
    Files.createDirectory(directory.resolve("1_Pooling"));
    assertKind(Kind.EMBEDDER, "1_Pooling is present");
    write("additional_chat_templates/reranker.jinja", "");
    assertKind(Kind.RERANKER, "additional_chat_templates/reranker.jinja is present");
    write("modules.json", modules("1_Pooling", "sentence_transformers.models.Pooling"));
    assertKind(Kind.EMBEDDER, "modules.json lists Pooling");
    write("1_LogitScore/config.json", "{}");
    assertKind(Kind.RERANKER, "1_LogitScore/config.json is present");
    write("modules.json", modules("1_CausalScoreHead", "some.CausalScoreHead"));
    assertKind(Kind.RERANKER, "modules.json lists 1_CausalScoreHead");
    write("modules.json", modules("elsewhere", "some.module.LogitScore"));
    assertKind(Kind.RERANKER, "modules.json lists elsewhere");
  }

  @Test
  void theConfigurationTellsOfAScoringHead() throws IOException {
    write("modules.json", modules("1_Pooling", "sentence_transformers.models.Pooling"));
    write("config.json", "{\"classifier_from_token\":[\"no\",\"yes\"]}");
    assertKind(Kind.RERANKER, "config.json has classifier_from_token");
    write("config.json", "{\"architectures\":[\"Qwen3VLForSequenceClassification\"]}");
    assertKind(Kind.RERANKER, "config.json lists Qwen3VLForSequenceClassification");
    write("config.json", "{\"architectures\":[\"Qwen3VLForConditionalGeneration\"]}");
    assertKind(Kind.EMBEDDER, "modules.json lists Pooling");
  }

  @ParameterizedTest
  @CsvSource({
    "Qwen3-VL-Reranker-2B, Qwen3-VL-Reranker-2B",
    "my-RERANKER, my-RERANKER",
    "models--Qwen--Qwen3-VL-Reranker-2B/snapshots/0f3a, Qwen/Qwen3-VL-Reranker-2B",
    "Qwen3-VL-Embedding-2B-as-reranker,",
    "rerankers/Qwen3-VL-2B,",
    "models--Qwen--Qwen3-VL-2B/snapshots/reranker,",
  })
  void withoutSideFilesTheNameTells(String name, @Nullable String said) throws IOException {
    write(name + "/config.json", "{}");
    assertName(directory.resolve(name), said);
    // A link has its own name, but what it leads to counts as well.
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve(name));
    assertName(link, said);
  }

  @Test
  void theNameThatAConfigurationWasSavedWithTells() throws IOException {
    write("config.json", "{\"_name_or_path\":\"Qwen/Qwen3-VL-Reranker-8B\"}");
    assertName(directory, "Qwen3-VL-Reranker-8B");
    write("config.json", "{\"_name_or_path\":\"/home/me/rerankers/base\"}");
    assertName(directory, null);
  }

  private static void assertName(Path model, @Nullable String said) {
    ModelDirectory opened = ModelDirectory.open(model);
    assertThat(opened.kind()).isEqualTo(said == null ? Kind.UNDECLARED : Kind.RERANKER);
    assertThat(opened.evidence())
        .isEqualTo(said == null ? "no side file tells" : "it is called " + said);
  }

  @Test
  void aProcessorsOwnSectionGoesBeforeTheOldFile() throws IOException {
    write("config.json", "{}");
    write("processor_config.json", "{\"image_processor\":{\"patch_size\":16}}");
    assertThat(preprocessor().requireInt("patch_size")).isEqualTo(16);
    write("preprocessor_config.json", "{\"patch_size\":14}");
    assertThat(preprocessor().requireInt("patch_size")).isEqualTo(16);
    assertThatThrownBy(() -> preprocessor().requireInt("merge_size"))
        .isInstanceOf(LoaderException.class)
        .hasMessageContaining("processor_config.json: image_processor.merge_size: ");
    for (String older : List.of("{\"processor_class\":\"x\"}", "{\"image_processor\":null}")) {
      write("processor_config.json", older);
      assertThat(preprocessor().requireInt("patch_size")).isEqualTo(14);
    }
  }

  private JsonFile preprocessor() {
    return ModelDirectory.open(directory).preprocessor().orElseThrow();
  }

  @Test
  void brokenSideFilesAreNamed() throws IOException {
    write("config.json", "{}");
    write("modules.json", "{}");
    assertThatThrownBy(() -> ModelDirectory.open(directory))
        .isInstanceOf(LoaderException.class)
        .hasMessageEndingWith("modules.json: the whole file: expected an array, found an object");
    write("modules.json", "[]");
    write("1_LogitScore/config.json", "{\"true_token_id\":\"yes\"}");
    assertThatThrownBy(ModelDirectory.open(directory)::trueTokenId)
        .isInstanceOf(LoaderException.class)
        .hasMessageContaining(
            "true_token_id: expected an integer of 32 bits, found string \"yes\"");
  }

  @Test
  void aDownloadCacheOfLinks(@TempDir Path cache) throws IOException {
    Path blob = Files.writeString(cache.resolve("0f3a"), "{\"model_type\":\"linked\"}");
    Files.createSymbolicLink(directory.resolve("config.json"), blob);
    Path link = Files.createSymbolicLink(cache.resolve("snapshot"), directory);
    assertThat(ModelDirectory.open(link).config().requireString("model_type")).isEqualTo("linked");
  }

  private void assertKind(Kind kind, String evidence) {
    ModelDirectory model = ModelDirectory.open(directory);
    assertThat(model.kind()).isEqualTo(kind);
    assertThat(model.evidence()).isEqualTo(evidence);
  }

  private static String modules(String path, String type) {
    return "[%s,{\"idx\":1,\"path\":\"%s\",\"type\":\"%s\"}]".formatted(TRANSFORMER, path, type);
  }

  private void write(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
