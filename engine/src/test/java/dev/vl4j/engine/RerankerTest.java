package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.model.Fixtures;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the public API does with good and with bad models and requests. */
class RerankerTest {
  private static final ModelOptions OPTIONS = ModelOptions.DEFAULT.withThreads(1);
  private static final Content QUERY = Content.text("a red circle");
  private static final Content DOCUMENT = Content.text("She bought a red bicycle.");

  @TempDir Path directory;

  private Path model() {
    return model("tied_gqa2");
  }

  private Path model(String checkpoint) {
    Fixtures.copy(checkpoint, directory);
    return directory;
  }

  private void edit(String name, String from, String to) throws IOException {
    Path file = directory.resolve(name);
    String before = Files.readString(file);
    assertThat(before).contains(from);
    Files.writeString(file, before.replaceFirst(java.util.regex.Pattern.quote(from), to));
  }

  /** Same length, so that the rest of the file stays where it is. */
  private void editHeader(String from, String to) throws IOException {
    assertThat(to).hasSameSizeAs(from);
    Path file = directory.resolve("model.safetensors");
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    assertThat(text).contains(from);
    int at = text.indexOf(from);
    Files.writeString(
        file,
        text.substring(0, at) + to + text.substring(at + from.length()),
        StandardCharsets.ISO_8859_1);
  }

  private void refused(String... named) {
    refused(OPTIONS, named);
  }

  private void refused(ModelOptions options, String... named) {
    assertThatThrownBy(() -> Reranker.open(directory, options).close())
        .isInstanceOf(ModelException.class)
        .message()
        .doesNotContain("\n")
        .contains(named);
  }

  /** Of many images, messages say which: by its place, and by a name if it has one. */
  @Test
  void aBrokenPictureIsPlaced() throws IOException {
    byte[] broken = "no picture".getBytes(StandardCharsets.UTF_8);
    byte[] sound = image();
    Path file = Files.write(directory.resolve("broken.png"), broken);
    Content good = Content.of(Part.image(sound), Part.text("x"));
    String reason = "cannot read the image: it is not a PNG, JPEG, GIF, BMP, TIFF or WebP image";
    try (Reranker reranker = Reranker.openDemo(OPTIONS)) {
      List<Content> documents =
          List.of(
              good,
              DOCUMENT,
              good,
              Content.of(Part.image(sound), Part.text("x"), Part.image(broken)));
      for (ThrowingCallable call :
          List.<ThrowingCallable>of(
              () -> reranker.rerank(QUERY, documents),
              () -> reranker.promptTokens(RerankRequest.of(QUERY, documents), 3))) {
        assertThatThrownBy(call)
            .isInstanceOf(InvalidRequestException.class)
            .hasMessage("document 3, image 1: " + reason);
      }
      assertThat(reranker.submit(RerankRequest.of(QUERY, documents)))
          .failsWithin(Duration.ofSeconds(60))
          .withThrowableThat()
          .havingCause()
          .isInstanceOf(InvalidRequestException.class)
          .withMessage("document 3, image 1: " + reason);
      assertThatThrownBy(() -> reranker.rerank(Content.image(broken), documents))
          .hasMessage("query, image 0: " + reason);
      assertThatThrownBy(() -> reranker.rerank(QUERY, List.of(DOCUMENT, Content.image(file))))
          .hasMessage("document 1, image 0: " + file + ": " + reason);
      assertThatThrownBy(
              () -> reranker.rerank(QUERY, List.of(Content.image(directory.resolve("none.png")))))
          .hasMessageStartingWith("document 0, image 0: ")
          .hasMessageEndingWith("none.png: no such image file");
      Part named = new Part.Image(new ImageSource.Encoded(broken, "my picture"));
      assertThatThrownBy(() -> reranker.rerank(QUERY, List.of(Content.of(named))))
          .hasMessage("my picture: " + reason);
    }
  }

  private static byte[] image() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(ImageIO.write(new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB), "png", out))
        .isTrue();
    return out.toByteArray();
  }

  @Test
  void missingDirectoryIsNamed() {
    assertThatThrownBy(() -> Reranker.open(directory.resolve("nowhere")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("nowhere");
  }

  @Test
  void missingConfigIsNamed() {
    refused("config.json");
  }

  @Test
  void otherModelTypesAreNamed() throws IOException {
    model();
    edit("config.json", "\"model_type\": \"qwen3_vl\"", "\"model_type\": \"qwen3_vl_moe\"");
    refused("model_type", "qwen3_vl_moe");
  }

  @Test
  void attentionBiasIsRefused() throws IOException {
    model();
    edit("config.json", "\"attention_bias\": false", "\"attention_bias\": true");
    refused("text_config.attention_bias");
  }

  @Test
  void truncatedWeightsAreNamed() throws IOException {
    model();
    try (RandomAccessFile file =
        new RandomAccessFile(directory.resolve("model.safetensors").toFile(), "rw")) {
      file.setLength(file.length() - 100);
    }
    refused("model.safetensors");
  }

  @Test
  void missingTensorIsNamed() throws IOException {
    model();
    editHeader("layers.1.mlp.up_proj", "layers.1.mlp.up_prop");
    refused("layers.1.mlp.up_proj.weight");
  }

  @Test
  void wrongShapeIsNamed() throws IOException {
    model();
    edit("config.json", "\"intermediate_size\": 96", "\"intermediate_size\": 95");
    refused("gate_proj.weight", "[95, 64]", "[96, 64]");
  }

  @Test
  void unsupportedElementTypeIsNamed() throws IOException {
    model();
    Path file = directory.resolve("model.safetensors");
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    java.util.regex.Matcher entry =
        java.util.regex.Pattern.compile("\"model\\.language_model\\.norm\\.weight\":\\{[^}]*\\}")
            .matcher(text);
    assertThat(entry.find()).isTrue();
    // 64 BF16 elements take the bytes of 16 I64 elements; the shape is checked by its product.
    String other = entry.group().replace("\"BF16\"", "\"I64\" ").replace("[64]", "[16]");
    editHeader(entry.group(), other);
    refused("model.language_model.norm.weight");
  }

  @Test
  void embeddersAndUndeclaredModelsAreRefused() throws IOException {
    model();
    Files.delete(directory.resolve("1_LogitScore/config.json"));
    Files.delete(directory.resolve("modules.json"));
    refused("withAllowUndeclared");
    Files.writeString(directory.resolve("modules.json"), "[{\"type\": \"x.Pooling\"}]");
    refused("embedding model");
  }

  @Test
  void undeclaredModelUsesTheVocabularysYesAndNo() throws IOException {
    model();
    double declared;
    try (Reranker reranker = Reranker.open(directory, OPTIONS)) {
      declared = reranker.rerank(QUERY, List.of(DOCUMENT)).getFirst().logit();
    }
    Files.delete(directory.resolve("1_LogitScore/config.json"));
    Files.delete(directory.resolve("modules.json"));
    try (Reranker reranker = Reranker.open(directory, OPTIONS.withAllowUndeclared(true))) {
      assertThat(reranker.rerank(QUERY, List.of(DOCUMENT)).getFirst().logit()).isEqualTo(declared);
    }
  }

  @Test
  void unknownBackendIsNamed() {
    model();
    refused(OPTIONS.withBackend("abacus"), "abacus");
  }

  @Test
  void precisionInUseCanBeAskedFor() {
    model("w8a8_text");
    try (Reranker automatic = Reranker.open(directory, OPTIONS);
        Reranker exact = Reranker.open(directory, OPTIONS.withPrecision(Precision.F32))) {
      assertThat(automatic.precision()).isEqualTo(Precision.INT8);
      assertThat(exact.precision()).isEqualTo(Precision.F32);
      double logit = exact.rerank(QUERY, List.of(DOCUMENT)).getFirst().logit();
      assertThat(automatic.rerank(QUERY, List.of(DOCUMENT)).getFirst().logit())
          .isCloseTo(logit, Offset.offset(0.3))
          .isNotEqualTo(logit);
    }
    assertThat(Diagnostics.automaticPrecision(directory, "auto")).startsWith("int8 (as stored");
  }

  @Test
  void otherQuantisationIsRefused() throws IOException {
    model("w8a8_text");
    edit("config.json", "\"compressed-tensors\"", "\"gptq\"");
    refused("quantization_config.quant_method", "compressed-tensors", "gptq");
    assertThatThrownBy(() -> Diagnostics.automaticPrecision(directory, "auto"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("gptq");
  }

  @Test
  void integersWithoutADeclarationAreRefused() throws IOException {
    model("w8a8_text");
    edit("config.json", "\"quantization_config\"", "\"no_quantization_config\"");
    refused("expected F32, F16 or BF16, found I8");
  }

  @Test
  void zeroPointsAreRefused() throws IOException {
    model("w8a8_text");
    editHeader("layers.1.mlp.up_proj.weight_scale", "layers.1.mlp.up.weight_zero_point");
    refused("layers.1.mlp.up.weight_zero_point", "weight_scale");
  }

  @Test
  void badRequestsAreRefused() {
    model();
    try (Reranker reranker = Reranker.open(directory, OPTIONS.withMaxTokens(120))) {
      Content broken = Content.image("not a picture".getBytes(StandardCharsets.UTF_8));
      refused(reranker, RerankRequest.of(QUERY, List.of(broken)), "image");
      Content text = Content.text("long ".repeat(200));
      refused(
          reranker,
          RerankRequest.of(QUERY, List.of(DOCUMENT, text)),
          "document 1",
          tokens(text) + " tokens",
          "limit of 120");
      String megabytes = "long ".repeat(1 << 20);
      refused(
          reranker,
          RerankRequest.of(QUERY, List.of(DOCUMENT, Content.text(megabytes))),
          "document 1",
          "more tokens than the limit of 120");
      assertThatThrownBy(() -> reranker.tokenizePrompt(megabytes))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("limit of 120");
      assertThat(reranker.tokenizePrompt("long <|im_end|>"))
          .isEqualTo(reranker.tokenize("long <|im_end|>"));
      refused(
          reranker,
          RerankRequest.of(QUERY, List.of(DOCUMENT)).withMaxDocumentTokens(120),
          "maxDocumentTokens",
          "120");
    }
  }

  private int tokens(Content document) {
    try (Reranker reranker = Reranker.open(directory, OPTIONS)) {
      return reranker.rerank(QUERY, List.of(document)).getFirst().promptTokens();
    }
  }

  @Test
  void longTextsAreCutAsAsked() {
    model();
    Content text = Content.text("1".repeat(50));
    Content image = Content.image(Fixtures.ROOT.resolve("images/photo_75x110.png"));
    RerankRequest request =
        RerankRequest.of(text, List.of(text, image)).withMaxQueryTokens(3).withMaxDocumentTokens(5);
    RerankRequest cut =
        RerankRequest.of(Content.text("111"), List.of(Content.text("11111"), image));
    try (Reranker reranker = Reranker.open(directory, OPTIONS)) {
      assertThat(reranker.renderPrompt(request, 0))
          .contains("<Query>:111\n<Document>:11111<|im_end|>");
      assertThat(reranker.rerank(request)).isEqualTo(reranker.rerank(cut));
    }
  }

  private static void refused(Reranker reranker, RerankRequest request, String... named) {
    assertThatThrownBy(() -> reranker.rerank(request))
        .isInstanceOf(InvalidRequestException.class)
        .message()
        .contains(named);
  }

  @Test
  void ranksBestFirstAndCutsToTopN() {
    model();
    Content image = Content.image(Fixtures.ROOT.resolve("images/photo_75x110.png"));
    RerankRequest request =
        RerankRequest.of(Content.of(Part.text("x")), List.of(DOCUMENT, image, DOCUMENT));
    Reranker reranker = Reranker.open(directory, OPTIONS);
    try (reranker) {
      List<RankedDocument> all = reranker.rerank(request);
      assertThat(all)
          .hasSize(3)
          .isSortedAccordingTo((a, b) -> Double.compare(b.score(), a.score()));
      assertThat(all.stream().map(RankedDocument::index).filter(index -> index != 1))
          .containsExactly(0, 2);
      assertThat(reranker.rerank(request.withTopN(2))).isEqualTo(all.subList(0, 2));
      assertThat(reranker.renderPrompt(request, 1)).contains("<|image_pad|>");
    }
    assertThatThrownBy(() -> reranker.rerank(request)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void demoModelThatCannotBeUnpackedSaysWhy() throws IOException {
    Path missing = directory.resolve("missing");
    Path file = Files.writeString(directory.resolve("file"), "no directory");
    for (Path place : List.of(missing, file)) {
      assertThatThrownBy(() -> DemoModel.RERANKER.unpack(place))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("cannot be unpacked in " + place)
          .message()
          .contains("java.io.tmpdir")
          .containsAnyOf("no such file or directory", "Not a directory");
    }
  }

  @Test
  void demoModelOpens() {
    try (Reranker reranker = Reranker.openDemo(OPTIONS)) {
      assertThat(reranker.rerank(QUERY, List.of(DOCUMENT))).hasSize(1);
    }
    assertThat(Diagnostics.tokenizerNatives()).isEqualTo("usable");
  }

  @Test
  void promptsThatAreFormattedAlready() throws Exception {
    try (Reranker reranker = Reranker.open(model(), OPTIONS)) {
      RerankRequest request =
          RerankRequest.of(QUERY, List.of(DOCUMENT, Content.text("A circle has no corners.")));
      List<int[]> prompts =
          Stream.of(0, 1).map(i -> reranker.tokenize(reranker.renderPrompt(request, i))).toList();
      assertThat(reranker.submitPrompts(prompts).get().documents())
          .isEqualTo(reranker.rerank(request));
      assertThat(reranker.detokenize(prompts.getFirst()))
          .isEqualTo(reranker.renderPrompt(request, 0));
      assertThat(reranker.tokenSpelling(prompts.getFirst()[0])).isEqualTo("<|im_start|>");
      assertThat(reranker.maxTokens()).isPositive();
      int[] image = reranker.tokenize("<|image_pad|>");
      assertThat(image).hasSize(1);
      for (List<int[]> bad :
          List.of(
              List.<int[]>of(),
              List.of(new int[0]),
              List.of(new int[] {-1}),
              List.of(image),
              List.of(new int[reranker.maxTokens() + 1]))) {
        assertThatThrownBy(() -> reranker.submitPrompts(bad).join())
            .satisfiesAnyOf(
                e -> assertThat(e).isInstanceOf(InvalidRequestException.class),
                e -> assertThat(e).hasCauseInstanceOf(InvalidRequestException.class));
      }
      assertThatThrownBy(() -> reranker.detokenize(new int[] {Integer.MAX_VALUE}))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("no token 2147483647");
    }
  }
}
