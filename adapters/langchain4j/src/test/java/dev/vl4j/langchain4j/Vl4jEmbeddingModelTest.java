package dev.vl4j.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.message.AudioContent;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.VideoContent;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.listener.EmbeddingModelResponseContext;
import dev.langchain4j.model.embedding.request.EmbeddingInputType;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The embedding model beside the engine's own vectors. */
class Vl4jEmbeddingModelTest {
  private static final String INSTRUCTION = "Find pictures";

  @TempDir private static Path folder;
  private static Embedder embedder;
  private static Vl4jEmbeddingModel model;

  @BeforeAll
  static void open() {
    embedder = Embedder.openDemo();
    model = Vl4jEmbeddingModel.builder().embedder(embedder).build();
  }

  @AfterAll
  static void close() {
    embedder.close();
  }

  private static List<float[]> vectors(EmbeddingResponse response) {
    return response.embeddings().stream().map(Embedding::vector).toList();
  }

  @Test
  void vectorsAreTheEnginesInTheOrderOfInputs() throws IOException {
    Path file = Files.write(folder.resolve("blue one.png"), Pictures.BLUE_CIRCLE);
    EmbeddingRequest request =
        EmbeddingRequest.builder()
            .input("a red circle")
            .input(
                TextContent.from("red"),
                ImageContent.from(Pictures.base64(Pictures.RED_CIRCLE), "image/png"))
            .input(ImageContent.from(file.toUri()))
            .input(
                ImageContent.from("data:image/png;base64," + Pictures.base64(Pictures.BLUE_CIRCLE)))
            .build();
    EmbedRequest same =
        EmbedRequest.of(
            List.of(
                Content.text("a red circle"),
                Content.of(Part.text("red"), Part.image(Pictures.RED_CIRCLE)),
                Content.image(file),
                Content.image(Pictures.BLUE_CIRCLE)));
    List<float[]> expected = embedder.embed(same);
    EmbeddingResponse response = model.embed(request);
    assertThat(vectors(response)).containsExactlyElementsOf(expected);
    int tokens = 0;
    for (int i = 0; i < expected.size(); i++) {
      tokens += embedder.promptTokens(same, i).length;
    }
    assertThat(response.metadata().tokenUsage().inputTokenCount()).isEqualTo(tokens);
    assertThat(vectors(model.doEmbedAsync(request).join())).containsExactlyElementsOf(expected);
  }

  @Test
  void segmentsOfPicturesAreEmbeddedByWhatIsSeen() throws IOException {
    Path file = Files.write(folder.resolve("red.png"), Pictures.RED_CIRCLE);
    assertThat(
            model.embedAll(List.of(MediaSegments.image(file), TextSegment.from("red"))).content())
        .extracting(Embedding::vector)
        .containsExactly(embedder.embed(Content.image(file)), embedder.embed(Content.text("red")));
    assertThat(model.embed(MediaSegments.image(file, "red")).content().vector())
        .containsExactly(embedder.embed(Content.of(Part.image(file), Part.text("red"))));
    assertThat(model.embed("red").content().vector())
        .containsExactly(embedder.embed(Content.text("red")));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 128})
  void dimensionsAreTheFirstNormalised(int dimensions) {
    float[] expected =
        embedder
            .embed(EmbedRequest.of(List.of(Content.text("a"))).withDimensions(dimensions))
            .getFirst();
    EmbeddingRequest request = EmbeddingRequest.builder().input("a").dimensions(dimensions).build();
    assertThat(vectors(model.embed(request)).getFirst()).containsExactly(expected);
    Vl4jEmbeddingModel shorter =
        Vl4jEmbeddingModel.builder().embedder(embedder).dimensions(dimensions).build();
    assertThat(shorter.embed("a").content().vector()).containsExactly(expected);
    assertThat(shorter.dimension()).isEqualTo(dimensions);
    assertThat(model.dimension()).isEqualTo(embedder.dimensions());
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 129})
  void otherDimensionsAreRefused(int dimensions) {
    EmbeddingRequest request = EmbeddingRequest.builder().input("a").dimensions(dimensions).build();
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> model.embed(request))
        .withMessageContaining("dimensions: expected 1")
        .withMessageContaining("found " + dimensions);
  }

  @Test
  void aQueryIsReadWithItsInstruction() {
    Vl4jEmbeddingModel instructed =
        Vl4jEmbeddingModel.builder().embedder(embedder).queryInstruction(INSTRUCTION).build();
    EmbedRequest plain = EmbedRequest.of(List.of(Content.text("a red circle")));
    float[] query = embedder.embed(plain.withInstruction(INSTRUCTION)).getFirst();
    float[] document = embedder.embed(plain).getFirst();
    assertThat(query).isNotEqualTo(document);
    EmbeddingRequest.Builder request = EmbeddingRequest.builder().input("a red circle");
    assertThat(vectors(instructed.embed(request.build())).getFirst()).containsExactly(document);
    assertThat(
            vectors(instructed.embed(request.inputType(EmbeddingInputType.QUERY).build()))
                .getFirst())
        .containsExactly(query);
    assertThat(
            vectors(instructed.embed(request.inputType(EmbeddingInputType.DOCUMENT).build()))
                .getFirst())
        .containsExactly(document);
  }

  @Test
  void whatIsNotSupportedIsRefused() {
    EmbeddingRequest audio =
        EmbeddingRequest.builder().input(AudioContent.from("AAAA", "audio/wav")).build();
    assertThatExceptionOfType(UnsupportedFeatureException.class)
        .isThrownBy(() -> model.embed(audio))
        .withMessageContaining("AUDIO");
    assertThatExceptionOfType(UnsupportedFeatureException.class)
        .isThrownBy(() -> model.doEmbed(audio))
        .withMessageContaining("AUDIO");
    EmbeddingRequest other = EmbeddingRequest.builder().input("a").modelName("other").build();
    assertThatExceptionOfType(UnsupportedFeatureException.class)
        .isThrownBy(() -> model.embed(other))
        .withMessageContaining("modelName");
    EmbeddingRequest remote =
        EmbeddingRequest.builder().input(ImageContent.from("https://example.org/a.png")).build();
    assertThatExceptionOfType(UnsupportedFeatureException.class)
        .isThrownBy(() -> model.embed(remote))
        .withMessageContaining("fetches nothing from the network");
    EmbeddingRequest video =
        EmbeddingRequest.builder().input(VideoContent.from("AAAA", "video/mp4")).build();
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> model.embed(video))
        .withMessageContaining("vl4j-ffmpeg");
    EmbeddingRequest broken =
        EmbeddingRequest.builder().input(ImageContent.from("AAAA", "image/png")).build();
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> model.embed(broken))
        .withCauseInstanceOf(dev.vl4j.engine.InvalidRequestException.class);
  }

  @Test
  void emptyListsNullsAndTimeouts() {
    assertThat(model.embedAll(List.of()).content()).isEmpty();
    assertThatNullPointerException().isThrownBy(() -> model.embedAll(null)).withMessage("segments");
    assertThatNullPointerException()
        .isThrownBy(() -> model.embed((TextSegment) null))
        .withMessage("segment");
    assertThatNullPointerException().isThrownBy(() -> model.doEmbed(null)).withMessage("request");
    Vl4jEmbeddingModel late =
        Vl4jEmbeddingModel.builder().embedder(embedder).timeout(Duration.ZERO).build();
    assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> late.embed("a"));
    late.close();
    assertThat(embedder.isAlive()).isTrue();
  }

  /** LangChain4j's own limit: it makes a segment, which cannot be blank, of each input's text. */
  @Test
  void listenersAreToldOfTextsAndRefusePicturesAlone() {
    List<Integer> told = new ArrayList<>();
    EmbeddingModelListener listener =
        new EmbeddingModelListener() {
          @Override
          public void onResponse(EmbeddingModelResponseContext context) {
            told.add(context.response().content().size());
          }
        };
    Vl4jEmbeddingModel listened =
        Vl4jEmbeddingModel.builder().embedder(embedder).listeners(List.of(listener)).build();
    listened.embedAll(List.of(TextSegment.from("a"), TextSegment.from("b")));
    assertThat(told).containsExactly(2);
    EmbeddingRequest picture =
        EmbeddingRequest.builder()
            .input(ImageContent.from(Pictures.base64(Pictures.RED_CIRCLE), "image/png"))
            .build();
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> listened.embed(picture));
  }
}
