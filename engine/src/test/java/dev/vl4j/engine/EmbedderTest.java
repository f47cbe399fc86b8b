package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.checkpoints.EmbedderFiles;
import dev.vl4j.engine.model.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmbedderTest {
  private static final ModelOptions OPTIONS =
      ModelOptions.DEFAULT.withBackend("cpu").withPrecision(Precision.F32).withThreads(2);
  private static final Content CIRCLE = Content.text("A circle has no corners.");
  private static final Content PHOTO =
      Content.image(Fixtures.ROOT.resolve("images/photo_75x110.png"));

  @TempDir private Path directory;

  private Embedder open(String checkpoint) {
    EmbedderFiles.write(checkpoint, directory);
    return Embedder.open(directory, OPTIONS);
  }

  private void edit(String file, String from, String to) throws IOException {
    Path path = directory.resolve(file);
    String text = Files.readString(path);
    assertThat(text).contains(from);
    Files.writeString(path, text.replace(from, to));
  }

  private void refused(String... parts) {
    assertThatThrownBy(() -> Embedder.open(directory, OPTIONS).close())
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll(parts);
  }

  @Test
  void manyInputsHaveTheVectorsThatTheyHaveAlone() {
    try (Embedder embedder = open("tied_gqa2")) {
      List<Content> inputs = List.of(CIRCLE, PHOTO, Content.of(), CIRCLE);
      List<float[]> together = embedder.embed(inputs);
      assertThat(together).hasSize(4);
      for (int i = 0; i < inputs.size(); i++) {
        assertThat(together.get(i)).as("input %d", i).isEqualTo(embedder.embed(inputs.get(i)));
      }
      assertThat(together.get(3)).isEqualTo(together.get(0));
      assertThat(together.get(1)).isNotEqualTo(together.get(0));
    }
  }

  @Test
  void rerankerAndEmbedderShareADevice(@TempDir Path rerankerDirectory) {
    Fixtures.copy("gqa8_f32", rerankerDirectory);
    EmbedderFiles.write("tied_gqa2", directory);
    float[] alone;
    try (Embedder embedder = Embedder.open(directory, OPTIONS)) {
      alone = embedder.embed(PHOTO);
    }
    try (Device device = Device.open("cpu", 2)) {
      ModelOptions shared = ModelOptions.DEFAULT.withDevice(device).withPrecision(Precision.F32);
      try (Embedder embedder = Embedder.open(directory, shared);
          Reranker reranker = Reranker.open(rerankerDirectory, shared)) {
        double score = reranker.score(CIRCLE, List.of(PHOTO))[0];
        List<CompletableFuture<Embeddings>> vectors = new ArrayList<>();
        List<CompletableFuture<Ranking>> rankings = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          vectors.add(embedder.submit(EmbedRequest.of(List.of(PHOTO, CIRCLE))));
          rankings.add(reranker.submit(RerankRequest.of(CIRCLE, List.of(PHOTO, CIRCLE))));
        }
        for (int i = 0; i < 8; i++) {
          assertThat(vectors.get(i).join().vectors().getFirst()).isEqualTo(alone);
          assertThat(rankings.get(i).join().inRequestOrder().getFirst().score()).isEqualTo(score);
        }
      }
    }
  }

  @Test
  void promptsOfTokensAreEmbeddedAsTheyAre() {
    try (Embedder embedder = open("tied_gqa2")) {
      EmbedRequest request = EmbedRequest.of(List.of(CIRCLE));
      int[] tokens = embedder.promptTokens(request, 0);
      assertThat(embedder.tokenizePrompt(embedder.renderPrompt(request, 0))).isEqualTo(tokens);
      Embeddings answer = embedder.submitPrompts(List.of(tokens), 0, true).join();
      assertThat(answer.vectors().getFirst()).isEqualTo(embedder.embed(CIRCLE));
      assertThat(answer.report().prompts()).isEqualTo(1);
      assertThat(answer.embeddings().getFirst().promptTokens()).isEqualTo(tokens.length);
    }
  }

  @Test
  void textsAreCutAndThePromptIsNot() {
    try (Embedder embedder = open("tied_gqa2")) {
      Content text = Content.text("one two three four");
      EmbedRequest whole = EmbedRequest.of(List.of(text, PHOTO));
      int most = embedder.promptTokens(whole, 0).length - 3;
      EmbedRequest cut = EmbedRequest.of(List.of(text)).withMaxPromptTokens(most);
      for (Truncation truncation : List.of(Truncation.START, Truncation.END)) {
        EmbedRequest request = cut.withTruncation(truncation);
        Embeddings answer = embedder.submit(request).join();
        assertThat(answer.embeddings().getFirst().promptTokens()).isEqualTo(most);
        int[] tokens = embedder.promptTokens(request, 0);
        assertThat(tokens).hasSize(most);
        assertThat(embedder.submitPrompts(List.of(tokens), 0, true).join().vectors().getFirst())
            .isEqualTo(answer.vectors().getFirst());
        String start =
            "<|im_start|>system\nRepresent the user's input.<|im_end|>\n<|im_start|>user\n";
        String end = "<|im_end|>\n<|im_start|>assistant\n<|endoftext|>";
        String prompt = embedder.renderPrompt(request, 0);
        assertThat(prompt).startsWith(start).endsWith(end);
        String left = prompt.substring(start.length(), prompt.length() - end.length());
        assertThat(left).isNotEmpty().hasSizeLessThan(18);
        if (truncation == Truncation.START) {
          assertThat("one two three four").endsWith(left);
        } else {
          assertThat("one two three four").startsWith(left);
        }
        assertThat(embedder.renderPrompt(whole.withTruncation(truncation), 1))
            .isEqualTo(embedder.renderPrompt(whole, 1));
        assertRefused(
            () -> embedder.embed(whole.withMaxPromptTokens(20).withTruncation(truncation)),
            "input 0: the prompt has too many tokens whatever is cut of its text; the limit is 20");
      }
      assertRefused(() -> embedder.embed(cut), "more than the limit of " + most);
      assertRefused(
          () -> embedder.embed(cut.withMaxPromptTokens(1 << 30)),
          "maxPromptTokens: expected the model's limit of");
      assertRefused(() -> cut.withMaxPromptTokens(-1), "maxPromptTokens: expected 0 or more");
    }
  }

  @Test
  void requestsThatCannotBeAnsweredAreRefused() {
    try (Embedder embedder = open("tied_gqa2")) {
      EmbedRequest request = EmbedRequest.of(List.of(CIRCLE));
      assertRefused(() -> embedder.embed(List.<Content>of()), "inputs: expected at least one");
      assertRefused(
          () -> embedder.embed(request.withDimensions(65)),
          "dimensions: expected 1 to 64, found 65");
      assertRefused(() -> request.withDimensions(-1), "dimensions: expected 0 or more, found -1");
      assertRefused(
          () -> embedder.submitPrompts(List.of(), 0, true).join(),
          "prompts: expected at least one");
      assertRefused(() -> embedder.renderPrompt(request, 1), "input 1: the request has 1");
      assertThatThrownBy(() -> embedder.submitPrompts(List.of(new int[0]), 0, true).join())
          .isInstanceOf(CompletionException.class)
          .hasMessageContaining("prompt 0: it has no tokens");
      assertThatThrownBy(() ->
              embedder.embed(EmbedRequest.of(List.of(CIRCLE, Content.image(new byte[] {1, 2, 3})))))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageStartingWith("input 1, image 0: ");
      assertThatThrownBy(() -> embedder.embed(request.withTimeout(Duration.ofNanos(1))))
          .isInstanceOf(DeadlineExceededException.class);
    }
  }

  private static void assertRefused(ThrowingCallable work, String message) {
    assertThatThrownBy(work)
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining(message);
  }

  @Test
  void textOnlyModelRefusesImages() {
    try (Embedder embedder = open("text_only/tied_wide")) {
      assertThatThrownBy(() -> embedder.embed(List.of(CIRCLE, PHOTO)))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageStartingWith("input 1, image 0: ")
          .hasMessageEndingWith("the model reads texts only, no images");
      assertThat(embedder.embed(CIRCLE)).hasSize(40);
    }
  }

  @Test
  void textOnlyRerankerRefusesImages() {
    Fixtures.copy("text_only/tied_wide", directory);
    try (Reranker reranker = Reranker.open(directory, OPTIONS.withAllowUndeclared(true))) {
      assertThatThrownBy(() -> reranker.score(CIRCLE, List.of(CIRCLE, PHOTO)))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageStartingWith("document 1, image 0: ")
          .hasMessageEndingWith("the model reads texts only, no images");
    }
  }

  @Test
  void modelsOfTheOtherTaskAreRefused() {
    Fixtures.copy("tied_gqa2", directory);
    refused("this is a reranker (modules.json lists 1_LogitScore), not an embedding model");
  }

  @Test
  void undeclaredModelsOpenWhenAsked() throws IOException {
    Fixtures.copy("text_only/base_names", directory);
    assertThatThrownBy(() -> Embedder.open(directory, OPTIONS).close())
        .isInstanceOf(UndeclaredModelException.class)
        .hasMessageContaining("cannot tell whether this is an embedding model");
    try (Embedder embedder = Embedder.open(directory, OPTIONS.withAllowUndeclared(true))) {
      assertThat(embedder.embed(CIRCLE)).hasSize(embedder.dimensions());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1_Pooling/config.json, '\"pooling_mode_mean_tokens\": false', "
        + "'\"pooling_mode_mean_tokens\": true', 'mean_tokens, lasttoken'",
    "1_Pooling/config.json, '\"pooling_mode_lasttoken\": true', '\"pooling_mode\": \"mean\"', [mean]",
    "1_Pooling/config.json, '\"pooling_mode_lasttoken\": true', '\"other\": true', none",
    "modules.json, models.Normalize, models.Dense, sentence_transformers.models.Dense",
  })
  void otherPoolingIsRefused(String file, String from, String to, String found) throws IOException {
    EmbedderFiles.write("tied_gqa2", directory);
    edit(file, from, to);
    refused(file.substring(file.lastIndexOf('/') + 1), "found", found);
  }

  @Test
  void newerPoolingFilesNameTheirMode() throws IOException {
    EmbedderFiles.write("tied_gqa2", directory);
    edit(
        "1_Pooling/config.json",
        "\"pooling_mode_lasttoken\": true",
        "\"pooling_mode\": \"lasttoken\"");
    Embedder.open(directory, OPTIONS).close();
  }

  @ParameterizedTest
  @CsvSource({
    "'\"qwen3\"', '\"qwen3_moe\"', qwen3_moe is a mixture of experts",
    "'\"qwen3\"', '\"bert\"', 'model_type: expected qwen3_vl or qwen3, found bert'",
    "'\"use_sliding_window\": false', '\"use_sliding_window\": true', use_sliding_window",
    "'\"sliding_window\": null', '\"layer_types\": [\"sliding_attention\"]', sliding_attention",
  })
  void otherArchitecturesAreRefusedByName(String from, String to, String message)
      throws IOException {
    EmbedderFiles.write("text_only/tied_wide", directory);
    edit("config.json", from, to);
    refused("config.json", message);
  }

  @Test
  void smallerFormsKeepSignsAndScale() {
    Embedding embedding =
        new Embedding(3, new float[] {0.5f, -0.25f, 0, -0f, 0.1f, -1f, 1e-9f, -1e-9f, 0.75f}, 12);
    assertThat(embedding.int8Scale()).isEqualTo(127);
    assertThat(embedding.int8()).containsExactly(64, -32, 0, 0, 13, -127, 0, 0, 95);
    assertThat(embedding.ubinary()).containsExactly((byte) 0b1011_1010, (byte) 0b1000_0000);
    assertThat(embedding.binary()).containsExactly((byte) (0b1011_1010 - 128), (byte) 0);
    assertThat(new Embedding(0, new float[2], 1).int8()).containsExactly(0, 0);
    assertThat(embedding.dimensions()).isEqualTo(9);
    embedding.vector()[0] = 7;
    assertThat(embedding.vector()[0]).isEqualTo(0.5f);
  }
}
