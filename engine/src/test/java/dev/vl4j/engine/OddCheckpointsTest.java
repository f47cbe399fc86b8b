package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.checkpoints.EditedCheckpoint;
import dev.vl4j.engine.checkpoints.EditedCheckpoint.Tensor;
import dev.vl4j.engine.model.Fixtures;
import dev.vl4j.loader.ElementType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/**
 * Checkpoints as newer tools, fine-tuners and copies leave them. What transformers reads as the
 * same model ranks with the same logits here, and everything else is refused by name.
 */
class OddCheckpointsTest {
  private static final RerankerOptions OPTIONS =
      RerankerOptions.DEFAULT.withThreads(1).withPrecision(Precision.F32);
  private static final String EMBEDDINGS = "model.language_model.embed_tokens.weight";
  private static final RerankRequest REQUEST =
      RerankRequest.of(
          Content.text("a red circle"),
          List.of(
              Content.text("She bought a red bicycle."),
              Content.image(Fixtures.ROOT.resolve("images/photo_75x110.png"))));

  @TempDir Path scratch;

  private Path directory;
  private EditedCheckpoint checkpoint;

  @BeforeEach
  void copy() {
    directory = scratch.resolve("model");
    checkpoint = new EditedCheckpoint("tied_gqa2", directory);
  }

  private List<Ranked> ranked() {
    return ranked(OPTIONS);
  }

  private List<Ranked> ranked(RerankerOptions options) {
    try (Reranker reranker = Reranker.open(directory, options)) {
      return reranker.rerank(REQUEST);
    }
  }

  private void refused(String... named) {
    refused(OPTIONS, named);
  }

  private void refused(RerankerOptions options, String... named) {
    assertThatThrownBy(() -> Reranker.open(directory, options).close())
        .isInstanceOf(ModelException.class)
        .message()
        .doesNotContain("\n")
        .contains(named);
  }

  private void delete(String... names) throws IOException {
    for (String name : names) {
      Files.delete(directory.resolve(name));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"linear", "dynamic", "longrope", "llama3", "proportional", "mrope", "su"})
  void otherKindsOfRotaryEmbeddingsAreRefusedByName(String type) {
    for (String field : List.of("rope_type", "type")) {
      checkpoint.configure(
          "text_config.rope_scaling", "{\"%s\": \"%s\", \"factor\": 2}".formatted(field, type));
      refused("text_config.rope_scaling.rope_type", "default or yarn", type);
    }
    checkpoint
        .configure("text_config.rope_scaling", (JsonNode) null)
        .configure("text_config.rope_parameters.rope_type", "\"%s\"".formatted(type));
    refused("text_config.rope_parameters.rope_type", type);
    checkpoint
        .configure("text_config.rope_parameters.rope_type", "\"default\"")
        .configure("vision_config.rope_parameters.rope_type", "\"%s\"".formatted(type));
    refused("vision_config.rope_parameters.rope_type", "axial", type);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | factor: expected a number, found nothing",
        "{\"factor\": 0} | factor: expected a number above 0, found 0",
        "{\"factor\": \"4\"} | factor: expected a finite number, found string",
        "{\"factor\": 4, \"beta_fast\": -1} | beta_fast: expected a number above 0, found -1.0",
        "{\"factor\": 4, \"partial_rotary_factor\": 0.5} | partial_rotary_factor: expected 1",
        "{\"factor\": 4, \"original_max_position_embeddings\": 0} | expected a number above 0",
        "{\"factor\": 4, \"rope_theta\": 1} | rope_theta: expected a number above 1, found 1.0",
        "{\"factor\": 4, \"mrope_interleaved\": false} | mrope_interleaved: expected true",
        "{\"factor\": 4, \"mrope_section\": [4, 2]} | three numbers of 0 or more, found [4, 2]",
        "{\"factor\": 4, \"truncate\": 1} | truncate: expected true or false, found 1",
      })
  void yarnOfWhichNothingCanBeMade(String settings, String reason) {
    checkpoint
        .configure("text_config.rope_scaling", settings)
        .configure("text_config.rope_scaling.rope_type", "\"yarn\"");
    refused("text_config.rope_scaling", reason);
  }

  @Test
  void yarnStretchesTheLongestPrompt() {
    checkpoint.configure(
        "text_config.rope_scaling",
        "{\"rope_type\": \"yarn\", \"factor\": 4, \"original_max_position_embeddings\": 8192}");
    try (Reranker reranker = Reranker.open(directory, OPTIONS.withMaxTokens(32768))) {
      assertThat(reranker.maxTokens()).isEqualTo(32768);
    }
    refused(OPTIONS.withMaxTokens(32769), "max_model_len (32769)", "derived max_model_len (32768");
    assertThat(Diagnostics.architecture(directory))
        .containsEntry("context", "32768 tokens, with YaRN, 4 times 8192");
  }

  @Test
  void aLimitAboveTheModelsIsRefused() {
    try (Reranker reranker = Reranker.open(directory, OPTIONS.withMaxTokens(8192))) {
      assertThat(reranker.maxTokens()).isEqualTo(8192);
    }
    refused(
        OPTIONS.withMaxTokens(8193),
        "User-specified max_model_len (8193) is greater than the derived max_model_len (8192",
        "config.json");
  }

  @Test
  void settingsOfPicturesInTheProcessorsFile() throws IOException {
    List<Ranked> usual = ranked();
    JsonNode settings =
        JsonMapper.shared().readTree(directory.resolve("preprocessor_config.json").toFile());
    String smaller = "{\"shortest_edge\": 1024, \"longest_edge\": 4096}";
    checkpoint
        .edit("preprocessor_config.json", "min_pixels", null)
        .edit("preprocessor_config.json", "max_pixels", null)
        .edit("preprocessor_config.json", "size", JsonMapper.shared().readTree(smaller));
    List<Ranked> small = ranked();
    assertThat(small).isNotEqualTo(usual);
    Files.writeString(
        directory.resolve("processor_config.json"),
        JsonMapper.shared().createObjectNode().set("image_processor", settings).toString());
    assertThat(ranked()).isEqualTo(usual);
    delete("preprocessor_config.json");
    assertThat(ranked()).isEqualTo(usual);
    assertThat(Diagnostics.architecture(directory))
        .containsEntry("pictures", "as processor_config.json says");
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
    List<Ranked> spelt = ranked();
    Files.writeString(file, "{\"image_processor_type\": \"Qwen2VLImageProcessor\"}");
    assertThat(ranked()).isEqualTo(spelt);
    Files.writeString(file, "{\"size\": {\"shortest_edge\": 3136}}");
    refused("size.longest_edge: expected an integer, found nothing");
  }

  @Test
  void aSnapshotOfWeightsTokenizerAndConfigurationAlone() throws IOException {
    List<Ranked> usual = ranked();
    delete("modules.json", "1_LogitScore/config.json", "preprocessor_config.json");
    refused("cannot tell whether this is a reranker", "withAssumeReranker(true)");
    Path named = Files.move(directory, scratch.resolve("Qwen3-VL-Reranker-2B"));
    directory = named;
    assertThat(ranked()).isEqualTo(usual);
    Path cached = scratch.resolve("models--Qwen--Qwen3-VL-Reranker-2B/snapshots/0f3a9b");
    Files.createDirectories(cached.getParent());
    directory = Files.move(named, cached);
    assertThat(ranked()).isEqualTo(usual);
    assertThat(Diagnostics.architecture(directory).get("pictures"))
        .contains("published Qwen3-VL-Reranker");
  }

  @Test
  void aStaleIndexBesideTheWholeFile() throws IOException {
    List<Ranked> usual = ranked();
    Files.writeString(
        directory.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {\"%s\": \"model-00001-of-00002.safetensors\"}}".formatted(EMBEDDINGS));
    assertThat(ranked()).isEqualTo(usual);
  }

  @Test
  void shardsWithAndWithoutAnIndex() throws IOException {
    List<Ranked> usual = ranked();
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
    List<Ranked> usual = ranked();
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
  void aHeadThatDiffersThoughTiedIsUsedAndSaid() {
    Tensor embeddings = checkpoint.tensors().get(EMBEDDINGS);
    List<Ranked> usual = ranked();
    assertThat(Diagnostics.scoringHead(directory)).isEqualTo("embed_tokens, tied");
    try (Warnings warnings = new Warnings()) {
      checkpoint.tensors().put("lm_head.weight", embeddings);
      checkpoint.writeTensors();
      assertThat(ranked()).isEqualTo(usual);
      assertThat(warnings.take()).isEmpty();
      assertThat(Diagnostics.scoringHead(directory)).endsWith("equal to embed_tokens");
      checkpoint.tensors().put("lm_head.weight", embeddings.rolled(7));
      checkpoint.writeTensors();
      assertThat(ranked()).isNotEqualTo(usual);
      assertThat(warnings.take())
          .singleElement()
          .asString()
          .contains("lm_head.weight differs", "tie_word_embeddings");
      assertThat(Diagnostics.scoringHead(directory)).contains("differs from embed_tokens");
    }
    checkpoint.configure("tie_word_embeddings", "false");
    assertThat(Diagnostics.scoringHead(directory)).isEqualTo("lm_head.weight");
  }

  /** That it is the right logit is a matter of CheckpointVariantsTest. */
  @Test
  void aClassificationHeadIsUsedOrRefusedByName() throws IOException {
    Tensor embeddings = checkpoint.tensors().get(EMBEDDINGS);
    List<Ranked> usual = ranked();
    checkpoint.configure("architectures", "[\"Qwen3VLForSequenceClassification\"]");
    refused("no tensor score.weight", "ForSequenceClassification");
    classifier(embeddings.rows(300));
    // Neither the words nor 1_LogitScore count.
    delete("modules.json", "1_LogitScore/config.json");
    List<Ranked> one = ranked();
    assertThat(one).isNotEqualTo(usual);
    assertThat(Diagnostics.scoringHead(directory)).isEqualTo("score.weight [1, 64]");
    checkpoint.configure("problem_type", "\"regression\"");
    assertThat(ranked())
        .allSatisfy(ranked -> assertThat(ranked.score()).isEqualTo(ranked.logit()))
        .extracting(Ranked::logit)
        .isEqualTo(one.stream().map(Ranked::logit).toList());
    classifier(embeddings.rows(300, 301));
    refused("score.weight", "expected one label of a regression, found 2");
    checkpoint
        .configure("problem_type", (JsonNode) null)
        .configure("id2label", "{\"0\": \"other\", \"1\": \"relevant\"}");
    assertThat(ranked())
        .allSatisfy(
            ranked -> assertThat(ranked.score()).isEqualTo(1 / (1 + Math.exp(-ranked.logit()))));
    assertThat(Diagnostics.scoringHead(directory))
        .isEqualTo("score.weight [2, 64], for the second label (relevant)");
    classifier(embeddings.rows(300, 301, 302));
    refused("score.weight", "expected one label or two, found 3");
    classifier(new Tensor(embeddings.type(), List.of(2L, 32L), embeddings.rows(0).data()));
    refused("score.weight", "expected shape [2, 64], found [2, 32]");
  }

  private void classifier(Tensor head) {
    checkpoint.tensors().put("score.weight", head);
    checkpoint.writeTensors();
  }

  @Test
  void namedTokensMakeTheScore() throws IOException {
    List<Ranked> usual = ranked();
    checkpoint
        .configure("classifier_from_token", "[\"no\", \"yes\"]")
        .configure("is_original_qwen3_reranker", "true");
    assertThat(ranked()).isEqualTo(usual);
    // They go before 1_LogitScore, and the last one speaks for relevance.
    checkpoint.configure("classifier_from_token", "[\"yes\", \"no\"]");
    double logit = logit(usual, 0);
    assertThat(logit(ranked(), 0)).isEqualTo(-logit);
    delete("modules.json", "1_LogitScore/config.json");
    assertThat(logit(ranked(), 0)).isEqualTo(-logit);
    assertThat(Diagnostics.scoringHead(directory))
        .isEqualTo("tokens [yes, no] of embed_tokens, tied");
    checkpoint
        .configure("is_original_qwen3_reranker", (JsonNode) null)
        .configure("method", "\"no_post_processing\"");
    double yes = single("yes");
    double no = single("no");
    assertThat(yes - no).isCloseTo(logit, Offset.offset(1e-5));
    checkpoint.configure("method", "\"from_2_way_softmax\"");
    refused("classifier_from_token", "two tokens", "[no]");
    checkpoint.configure("method", "\"by_magic\"");
    refused("method", "from_2_way_softmax or no_post_processing", "by_magic");
    checkpoint.configure("method", (JsonNode) null);
    checkpoint.configure("classifier_from_token", "[\"no\", \"\u0120definitely not a token\"]");
    refused("tokenizer.json", "no token \"\u0120definitely not a token\"");
    checkpoint.configure("classifier_from_token", "[\"a\", \"no\", \"yes\"]");
    refused("classifier_from_token", "one or two tokens", "[a, no, yes]");
  }

  private double single(String token) {
    checkpoint.configure("classifier_from_token", "[\"%s\"]".formatted(token));
    return logit(ranked(), 0);
  }

  private static double logit(List<Ranked> ranked, int index) {
    return ranked.stream()
        .filter(one -> one.index() == index)
        .mapToDouble(Ranked::logit)
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({
    "text_config.hidden_act, gelu, silu or swish",
    "vision_config.hidden_act, quick_gelu, gelu_pytorch_tanh or gelu",
    "vision_config.hidden_act, silu, gelu_pytorch_tanh or gelu",
  })
  void otherActivationsAreRefusedByName(String field, String value, String expected) {
    checkpoint.configure(field, "\"%s\"".formatted(value));
    refused(field, expected, value);
  }

  @Test
  void weightsInSeveralFormatsAndSomeThatNobodyNeeds() {
    List<Ranked> usual = ranked();
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
    assertThat(ranked()).isEqualTo(usual);
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
