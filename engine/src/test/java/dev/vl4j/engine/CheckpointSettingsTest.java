package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.checkpoints.EditedCheckpoint.Tensor;
import java.io.IOException;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * Configurations of checkpoints as fine-tuners write them, refused by name or used; that what is
 * used gives the right logits is a matter of {@code CheckpointVariantsTest}.
 */
class CheckpointSettingsTest extends OddCheckpoint {
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
  void aBaseOfFrequenciesThatIsNotUsedIsSaid() {
    try (Warnings warnings = new Warnings()) {
      checkpoint.configure("text_config.rope_scaling", "{\"rope_theta\": 5000000}");
      ranked();
      assertThat(warnings.take()).isEmpty();
      checkpoint.configure("text_config.rope_scaling", "{\"rope_type\": \"default\"}");
      ranked();
      assertThat(warnings.take())
          .singleElement()
          .asString()
          .contains("rope_scaling goes before rope_parameters", "rope_theta is 500000.0");
    }
    checkpoint.configure("text_config.rope_scaling.rope_theta", "-5");
    refused("text_config.rope_scaling.rope_theta: expected a number above 0, found -5.0");
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
  void aHeadThatDiffersThoughTiedIsUsedAndSaid() {
    Tensor embeddings = checkpoint.tensors().get(EMBEDDINGS);
    List<RankedDocument> usual = ranked();
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
    List<RankedDocument> usual = ranked();
    checkpoint.configure("architectures", "[\"Qwen3VLForSequenceClassification\"]");
    refused("no tensor score.weight", "ForSequenceClassification");
    classifier(embeddings.rows(300));
    // Neither the words nor 1_LogitScore count.
    delete("modules.json", "1_LogitScore/config.json");
    List<RankedDocument> one = ranked();
    assertThat(one).isNotEqualTo(usual);
    assertThat(Diagnostics.scoringHead(directory)).isEqualTo("score.weight [1, 64]");
    checkpoint.configure("problem_type", "\"regression\"");
    assertThat(ranked())
        .allSatisfy(ranked -> assertThat(ranked.score()).isEqualTo(ranked.logit()))
        .extracting(RankedDocument::logit)
        .isEqualTo(one.stream().map(RankedDocument::logit).toList());
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
    List<RankedDocument> usual = ranked();
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

  private static double logit(List<RankedDocument> ranked, int index) {
    return ranked.stream()
        .filter(one -> one.index() == index)
        .mapToDouble(RankedDocument::logit)
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
}
