package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.checkpoints.EditedCheckpoint.Tensor;
import dev.vl4j.loader.ElementType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/**
 * Files of checkpoints as newer tools and copies leave them. What transformers reads as the same
 * model ranks with the same logits here, and everything else is refused by name.
 */
class CheckpointFilesTest extends OddCheckpoint {
  @Test
  void settingsOfPicturesInTheProcessorsFile() throws IOException {
    List<RankedDocument> usual = ranked();
    JsonNode settings =
        JsonMapper.shared().readTree(directory.resolve("preprocessor_config.json").toFile());
    String smaller = "{\"shortest_edge\": 1024, \"longest_edge\": 4096}";
    checkpoint
        .edit("preprocessor_config.json", "min_pixels", null)
        .edit("preprocessor_config.json", "max_pixels", null)
        .edit("preprocessor_config.json", "size", JsonMapper.shared().readTree(smaller));
    List<RankedDocument> small = ranked();
    assertThat(small).isNotEqualTo(usual);
    Files.writeString(
        directory.resolve("processor_config.json"),
        JsonMapper.shared().createObjectNode().set("image_processor", settings).toString());
    assertThat(ranked()).isEqualTo(usual);
    delete("preprocessor_config.json");
    assertThat(ranked()).isEqualTo(usual);
    assertThat(Diagnostics.architecture(directory))
        .containsEntry("images", "as processor_config.json says");
    checkpoint.edit(
        "processor_config.json", "image_processor.merge_size", settings.get("resample"));
    refused("processor_config.json: image_processor.merge_size: expected 2, found 3");
  }

  /** With the values that Qwen2VLImageProcessor has where a file says nothing. */
  @Test
  void settingsOfPicturesThatAreLeftOut() throws IOException {
    Path file = directory.resolve("preprocessor_config.json");
    Files.writeString(
        file,
        """
        {"image_mean": [0.48145466, 0.4578275, 0.40821073],
         "image_std": [0.26862954, 0.26130258, 0.27577711],
         "size": {"shortest_edge": 3136, "longest_edge": 1003520}}
        """);
    List<RankedDocument> spelt = ranked();
    Files.writeString(file, "{\"image_processor_type\": \"Qwen2VLImageProcessor\"}");
    assertThat(ranked()).isEqualTo(spelt);
    Files.writeString(file, "{\"size\": {\"shortest_edge\": 3136}}");
    refused("size.longest_edge: expected an integer, found nothing");
  }

  @Test
  void aSnapshotOfWeightsTokenizerAndConfigurationAlone() throws IOException {
    List<RankedDocument> usual = ranked();
    delete("modules.json", "1_LogitScore/config.json", "preprocessor_config.json");
    refused("cannot tell whether this is a reranker", "withAllowUndeclared(true)");
    Path named = Files.move(directory, scratch.resolve("Qwen3-VL-Reranker-2B"));
    directory = named;
    assertThat(ranked()).isEqualTo(usual);
    Path cached = scratch.resolve("models--Qwen--Qwen3-VL-Reranker-2B/snapshots/0f3a9b");
    Files.createDirectories(cached.getParent());
    directory = Files.move(named, cached);
    assertThat(ranked()).isEqualTo(usual);
    assertThat(Diagnostics.architecture(directory).get("images"))
        .contains("published Qwen3-VL-Reranker");
  }

  @Test
  void aStaleIndexBesideTheWholeFile() throws IOException {
    List<RankedDocument> usual = ranked();
    Files.writeString(
        directory.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {\"%s\": \"model-00001-of-00002.safetensors\"}}".formatted(EMBEDDINGS));
    assertThat(ranked()).isEqualTo(usual);
  }

  @Test
  void shardsWithAndWithoutAnIndex() throws IOException {
    List<RankedDocument> usual = ranked();
    delete("model.safetensors");
    Map<String, String> places = split(1);
    assertThat(ranked()).isEqualTo(usual);
    // The order of an index does not matter, nor what it lists beside the model's own tensors.
    Map<String, String> listed = new LinkedHashMap<>();
    listed.put("mtp.fc.weight", "model-00002-of-00002.safetensors");
    new TreeMap<>(places).descendingMap().forEach(listed::put);
    listed.put("mtp.norm.weight", "model-00003-of-00003.safetensors");
    index(listed);
    assertThat(ranked()).isEqualTo(usual);
    listed.put("lm_head.weight", "model-00003-of-00003.safetensors");
    index(listed);
    refused("no tensor \"lm_head.weight\"", "model-00003-of-00003.safetensors", "is missing");
    listed.put("lm_head.weight", "model-00002-of-00002.safetensors");
    index(listed);
    assertThat(ranked()).isEqualTo(usual);
    listed.put("mtp.fc.weight", "model-00001-of-00002.safetensors");
    delete("model-00001-of-00002.safetensors");
    index(listed);
    refused("lists it in \"model-00001-of-00002.safetensors\", which is missing");
  }

  /** Of a tensor that two shards have, the last one counts, whatever the index says. */
  @Test
  void aTensorInTwoShards() throws IOException {
    String norm = "model.language_model.norm.weight";
    List<RankedDocument> usual = ranked();
    Tensor good = checkpoint.tensors().get(norm);
    delete("model.safetensors");
    Map<String, String> places = split(1);
    checkpoint.write("model-00000-of-00002.safetensors", Map.of(norm, good.with(3, 99f)));
    places.put(norm, "model-00000-of-00002.safetensors");
    index(places);
    try (Warnings warnings = new Warnings()) {
      assertThat(ranked()).isEqualTo(usual);
      assertThat(warnings.take()).singleElement().asString().contains(norm, "the latter counts");
    }
  }

  private Map<String, String> split(int first) {
    Map<String, String> places = new LinkedHashMap<>();
    List<Map<String, Tensor>> shards = List.of(new LinkedHashMap<>(), new LinkedHashMap<>());
    checkpoint
        .tensors()
        .forEach((name, tensor) -> {
          int shard = (places.size() + first) % 2;
          shards.get(shard).put(name, tensor);
          places.put(name, "model-0000%d-of-00002.safetensors".formatted(shard + 1));
        });
    checkpoint.write("model-00001-of-00002.safetensors", shards.getFirst());
    checkpoint.write("model-00002-of-00002.safetensors", shards.getLast());
    return places;
  }

  private void index(Map<String, String> places) {
    JsonMapper.shared()
        .writeValue(
            directory.resolve("model.safetensors.index.json").toFile(),
            Map.of("metadata", Map.of("total_size", 1), "weight_map", places));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.safetensors",
        "tokenizer.json",
        "config.json",
        "preprocessor_config.json",
        "1_LogitScore/config.json"
      })
  void aPointerOfGitLfsIsCalledThat(String name) throws IOException {
    Files.writeString(
        directory.resolve(name),
        "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 42\n"
            .formatted("0".repeat(64)));
    refused(name, "a Git LFS pointer, not the file itself");
  }

  @Test
  void aTensorUnderTwoNamesIsRefused() {
    Tensor norm = checkpoint.tensors().get("model.language_model.norm.weight");
    checkpoint.tensors().put("language_model.norm.weight", norm);
    checkpoint.writeTensors();
    refused("model.language_model.norm.weight", "stored twice", "language_model.norm.weight");
  }

  @Test
  void weightsInSeveralFormatsAndSomeThatNobodyNeeds() {
    List<RankedDocument> usual = ranked();
    Tensor norm = checkpoint.tensors().get("model.language_model.norm.weight");
    checkpoint.tensors().put("mtp.norm.weight", norm.with(0, Float.NaN));
    checkpoint.tensors().put("score.weight", norm.with(0, Float.NaN));
    byte[] wide = new byte[norm.data().length * 2];
    for (int i = 0; i < norm.data().length; i += 2) {
      wide[2 * i + 2] = norm.data()[i];
      wide[2 * i + 3] = norm.data()[i + 1];
    }
    checkpoint
        .tensors()
        .put("model.language_model.norm.weight", new Tensor(ElementType.F32, norm.shape(), wide));
    checkpoint
        .writeTensors()
        .configure("dtype", (JsonNode) null)
        .configure("torch_dtype", "\"bfloat16\"");
    try (Warnings warnings = new Warnings()) {
      assertThat(ranked()).isEqualTo(usual);
      assertThat(warnings.take()).singleElement().asString().contains("score.weight is not used");
    }
  }

  @Test
  void tokensWithoutAnEmbedding() throws Exception {
    JsonNode tokenizer = JsonMapper.shared().readTree(directory.resolve("tokenizer.json").toFile());
    ArrayNode added = (ArrayNode) tokenizer.get("added_tokens");
    for (String token : List.of("<extra>", "<|special_extra|>")) {
      added
          .addObject()
          .put("id", 1408 + added.size())
          .put("content", token)
          .put("special", token.contains("|"));
    }
    JsonMapper.shared().writeValue(directory.resolve("tokenizer.json").toFile(), tokenizer);
    try (Reranker reranker = Reranker.open(directory, OPTIONS)) {
      Content plain = Content.text("She bought a red bicycle.");
      assertThat(reranker.rerank(plain, List.of(plain))).hasSize(1);
      for (RerankRequest bad :
          List.of(
              RerankRequest.of(plain, List.of(plain, Content.text("an <extra> word"))),
              RerankRequest.of(Content.text("an <extra> word"), List.of(plain)),
              RerankRequest.of(plain, List.of(plain)).withInstruction("an <extra> word"),
              RerankRequest.of(plain, List.of(Content.text("<|special_extra|>")))
                  .withParseSpecialTokens(true))) {
        assertThatThrownBy(() -> reranker.rerank(bad))
            .isInstanceOf(InvalidRequestException.class)
            .hasMessageContainingAll("extra", "embeddings for 1408 tokens only");
      }
      int[] ids = reranker.tokenize("an <extra> word");
      assertThat(reranker.detokenize(ids)).isEqualTo("an <extra> word");
      for (List<int[]> prompts : List.of(List.of(ids), List.of(new int[] {5}, ids))) {
        assertThatThrownBy(() -> reranker.submitPrompts(prompts).get())
            .cause()
            .isInstanceOf(InvalidRequestException.class)
            .hasMessageContainingAll("<extra>", "embeddings for 1408 tokens only");
      }
      // Text is text: unparsed, the special one is a few ordinary tokens.
      assertThat(reranker.rerank(plain, List.of(Content.text("<|special_extra|>")))).hasSize(1);
    }
  }
}
