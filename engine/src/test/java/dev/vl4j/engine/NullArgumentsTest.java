package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A null argument is refused at once, by its name. */
class NullArgumentsTest {
  private static final Reranker RERANKER = Reranker.openDemo();
  private static final Content TEXT = Content.text("a text");
  private static final Path DIRECTORY = Path.of("model");

  @AfterAll
  static void close() {
    RERANKER.close();
  }

  record Refused(String name, ThrowingCallable call) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Refused> refusals() {
    return Stream.of(contents(), requests(), options(), engines()).flatMap(refused -> refused);
  }

  private static Stream<Refused> contents() {
    return Stream.of(
        new Refused("parts", () -> new Content(null)),
        new Refused("parts", () -> Content.of((Part[]) null)),
        new Refused("parts[1]", () -> Content.of(Part.text("a"), null)),
        new Refused("text", () -> Content.text(null)),
        new Refused("file", () -> Content.image((Path) null)),
        new Refused("encoded", () -> Content.image((byte[]) null)),
        new Refused("text", () -> Part.text(null)),
        new Refused("file", () -> Part.image((Path) null)),
        new Refused("encoded", () -> Part.image((byte[]) null)),
        new Refused("source", () -> new Part.Image(null)),
        new Refused("path", () -> new ImageSource.File(null)),
        new Refused("bytes", () -> new ImageSource.Encoded(null, "a")),
        new Refused("image", () -> ImagePreview.jpeg((ImageSource) null, 1)),
        new Refused("video", () -> ImagePreview.jpeg((VideoSource) null, 1)),
        new Refused("pdf", () -> Pages.count(null)),
        new Refused("name", () -> new ImageSource.Encoded(new byte[0], null)),
        new Refused("pdf", () -> Part.page((Path) null, 1)),
        new Refused("pdf", () -> Part.page((byte[]) null, 1)),
        new Refused("pdf", () -> Pages.of(null)),
        new Refused("document", () -> new ImageSource.Page(null, 1)),
        new Refused("path", () -> Part.video((Path) null)),
        new Refused("path", () -> Content.video(null)),
        new Refused("bytes", () -> Part.video((byte[]) null)),
        new Refused("frames", () -> Part.video((List<ImageSource>) null)),
        new Refused("frames[0]", () -> Part.video(Collections.singletonList(null))),
        new Refused("source", () -> Part.video(null, VideoSampling.DEFAULT)),
        new Refused("sampling", () -> new Part.Video(new VideoSource.File(DIRECTORY), null)),
        new Refused("name", () -> new VideoSource.Encoded(new byte[0], null)));
  }

  private static Stream<Refused> requests() {
    return Stream.of(
        new Refused("query", () -> RerankRequest.of(null, List.of(TEXT))),
        new Refused("documents", () -> RerankRequest.of(TEXT, null)),
        new Refused("documents[2]", () -> RerankRequest.of(TEXT, Arrays.asList(TEXT, TEXT, null))),
        new Refused("inputs", () -> EmbedRequest.of(null)),
        new Refused("inputs[1]", () -> EmbedRequest.of(Arrays.asList(TEXT, null))),
        new Refused("truncation", () -> EmbedRequest.of(List.of(TEXT)).withTruncation(null)),
        new Refused("request", () -> RERANKER.rerank(null)),
        new Refused("query", () -> RERANKER.rerank(null, List.of(TEXT))),
        new Refused("documents", () -> RERANKER.rerank(TEXT, null)),
        new Refused("request", () -> RERANKER.score(null)),
        new Refused("query", () -> RERANKER.score(null, List.of(TEXT))),
        new Refused("documents", () -> RERANKER.score(TEXT, null)),
        new Refused("request", () -> RERANKER.submit(null)),
        new Refused("prompts", () -> RERANKER.submitPrompts(null)),
        new Refused("prompts[0]", () -> RERANKER.submitPrompts(Collections.singletonList(null))),
        new Refused("request", () -> RERANKER.renderPrompt(null, 0)),
        new Refused("request", () -> RERANKER.promptTokens(null, 0)));
  }

  private static Stream<Refused> options() {
    ModelOptions model = ModelOptions.DEFAULT;
    return Stream.of(
        new Refused("backend", () -> model.withBackend(null)),
        new Refused("precision", () -> model.withPrecision(null)),
        new Refused("pixelBudget", () -> model.withPixelBudget(null)),
        new Refused("imageRules", () -> model.withImageRules(null)),
        new Refused("videoRules", () -> model.withVideoRules(null)),
        new Refused("caching", () -> model.withCaching(null)),
        new Refused("batching", () -> model.withBatching(null)),
        new Refused("limits", () -> model.withLimits(null)),
        new Refused("observer", () -> model.withObserver(null)),
        new Refused("model", () -> RerankerOptions.DEFAULT.withModel(null)),
        new Refused("model", () -> EmbedderOptions.DEFAULT.withModel(null)),
        new Refused("end", () -> new EmbedTemplate("", "", null, null, false, "")),
        new Refused("pieces", () -> new RerankTemplate(null, "an instruction")),
        new Refused("pieces[0]", () -> new RerankTemplate(Collections.singletonList(null), "")),
        new Refused(
            "defaultInstruction", () -> new RerankTemplate(RerankTemplate.QWEN3_VL.pieces(), null)),
        new Refused("text", () -> new RerankTemplate.Literal(null)));
  }

  private static Stream<Refused> engines() {
    return Stream.of(
        new Refused("directory", () -> Reranker.open(null)),
        new Refused("directory", () -> Reranker.open(null, ModelOptions.DEFAULT)),
        new Refused("directory", () -> Reranker.open(null, RerankerOptions.DEFAULT)),
        new Refused("options", () -> Reranker.open(DIRECTORY, (ModelOptions) null)),
        new Refused("options", () -> Reranker.open(DIRECTORY, (RerankerOptions) null)),
        new Refused("options", () -> Reranker.openDemo((ModelOptions) null)),
        new Refused("options", () -> Reranker.openDemo((RerankerOptions) null)),
        new Refused("directory", () -> Embedder.open(null)),
        new Refused("options", () -> Embedder.open(DIRECTORY, (EmbedderOptions) null)),
        new Refused("options", () -> Embedder.openDemo((ModelOptions) null)),
        new Refused("options", () -> Embedder.openDemo((EmbedderOptions) null)),
        new Refused("name", () -> Device.open(null, 0)),
        new Refused("text", () -> RERANKER.tokenize(null)),
        new Refused("text", () -> RERANKER.tokenizePrompt(null)),
        new Refused("ids", () -> RERANKER.detokenize(null)),
        new Refused("grace", () -> RERANKER.close((Duration) null)),
        new Refused("directory", () -> Diagnostics.automaticPrecision(null, "auto")),
        new Refused("backend", () -> Diagnostics.automaticPrecision(DIRECTORY, null)),
        new Refused("directory", () -> Diagnostics.architecture(null)),
        new Refused("directory", () -> Diagnostics.scoringHead(null)));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void isNamed(Refused refused) {
    assertThatThrownBy(refused.call())
        .isInstanceOf(NullPointerException.class)
        .hasMessage(refused.name());
  }
}
