package dev.vl4j.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.groups.Tuple.tuple;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.DeadlineExceededException;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Embedding;
import dev.vl4j.engine.InvalidRequestException;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.DocumentEmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.EmbeddingResultMetadata.ModalityType;
import org.springframework.ai.embedding.TokenCountBatchingStrategy;
import org.springframework.ai.vectorstore.SearchRequest;
import org.springframework.ai.vectorstore.SimpleVectorStore;
import org.springframework.util.MimeType;

class EmbeddingModelsTest {
  private static final String QUERY = "Retrieve images relevant to the query.";
  private static final String DOCUMENT = "Represent the picture.";
  private static final EmbeddingSettings SETTINGS =
      EmbeddingSettings.DEFAULT
          .withModelName("demo")
          .withQueryInstruction(QUERY)
          .withDocumentInstruction(DOCUMENT);
  private static final List<String> TEXTS = List.of("a red circle", "", "北京 🎉");
  private static final List<Document> DOCUMENTS =
      List.of(
          new Document("text", "a red circle", Map.of("page", 7)),
          Pictures.document("red", Pictures.RED_CIRCLE),
          Pictures.document("blue", Pictures.BLUE_CIRCLE));

  private static Embedder embedder;

  @BeforeAll
  static void open() {
    embedder = Embedder.openDemo();
  }

  @AfterAll
  static void close() {
    embedder.close();
  }

  private static List<float[]> expected(String instruction, int dimensions, Content... inputs) {
    return embedder.embed(
        EmbedRequest.of(List.of(inputs)).withInstruction(instruction).withDimensions(dimensions));
  }

  private static Content[] texts() {
    return TEXTS.stream().map(Content::text).toArray(Content[]::new);
  }

  private static Content[] contents() {
    return new Content[] {
      Content.text("a red circle"),
      Content.image(Pictures.RED_CIRCLE),
      Content.image(Pictures.BLUE_CIRCLE)
    };
  }

  private static void assertSameBits(List<float[]> found, List<float[]> expected) {
    assertThat(found.toArray(float[][]::new)).isDeepEqualTo(expected.toArray(float[][]::new));
  }

  private static List<float[]> vectors(EmbeddingResponse response) {
    return response.getResults().stream().map(each -> each.getOutput()).toList();
  }

  @Test
  void vectorsOfTextsAreTheEnginesToTheLastBit() {
    assertSameBits(Vl4jEmbeddingModel.of(embedder).embed(TEXTS), expected(null, 0, texts()));
    Vl4jEmbeddingModel model = Vl4jEmbeddingModel.of(embedder, SETTINGS);
    assertSameBits(model.embed(TEXTS), expected(QUERY, 0, texts()));
    assertSameBits(
        List.of(model.embed("a red circle")), expected(QUERY, 0, Content.text("a red circle")));
  }

  @Test
  void vectorsOfDocumentsAreTheEnginesToTheLastBit() {
    Vl4jEmbeddingModel model = Vl4jEmbeddingModel.of(embedder, SETTINGS);
    assertSameBits(
        DOCUMENTS.stream().map(model::embed).toList(), expected(DOCUMENT, 0, contents()));
    assertSameBits(
        model.embed(DOCUMENTS, null, new TokenCountBatchingStrategy()),
        expected(DOCUMENT, 0, contents()));
    assertSameBits(
        vectors(
            Vl4jDocumentEmbeddingModel.of(embedder, SETTINGS)
                .call(new DocumentEmbeddingRequest(DOCUMENTS))),
        expected(DOCUMENT, 0, contents()));
    assertSameBits(
        vectors(
            Vl4jDocumentEmbeddingModel.of(embedder).call(new DocumentEmbeddingRequest(DOCUMENTS))),
        expected(null, 0, contents()));
  }

  @Test
  void batchesAreTheStrategys() {
    Vl4jEmbeddingModel model = Vl4jEmbeddingModel.of(embedder);
    assertSameBits(
        model.embed(
            DOCUMENTS, null, all -> List.of(all.subList(0, 1), List.of(), all.subList(1, 3))),
        expected(null, 0, contents()));
    assertThat(model.embed(List.of(), null, new TokenCountBatchingStrategy())).isEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.embed(DOCUMENTS, null, all -> List.of(all.subList(0, 1))))
        .withMessage("batchingStrategy: expected all 3 documents in its batches, found 1");
  }

  @Test
  void optionsGoBeforeSettings() {
    Vl4jEmbeddingModel model = Vl4jEmbeddingModel.of(embedder, SETTINGS.withDimensions(17));
    assertThat(model.dimensions()).isEqualTo(17);
    assertThat(Vl4jEmbeddingModel.of(embedder).dimensions()).isEqualTo(embedder.dimensions());
    assertSameBits(model.embed(TEXTS), expected(QUERY, 17, texts()));
    assertSameBits(
        vectors(
            model.call(
                new EmbeddingRequest(
                    TEXTS, EmbeddingOptions.builder().model("demo").dimensions(5).build()))),
        expected(QUERY, 5, texts()));
    Vl4jEmbeddingOptions options =
        Vl4jEmbeddingOptions.DEFAULT.withDimensions(9).withInstruction("Classify.");
    assertSameBits(
        vectors(model.call(new EmbeddingRequest(TEXTS, options))),
        expected("Classify.", 9, texts()));
    assertSameBits(
        model.embed(DOCUMENTS, options, new TokenCountBatchingStrategy()),
        expected("Classify.", 9, contents()));
    assertSameBits(
        vectors(
            Vl4jDocumentEmbeddingModel.of(embedder, SETTINGS)
                .call(new DocumentEmbeddingRequest(DOCUMENTS, options))),
        expected("Classify.", 9, contents()));
  }

  @Test
  void answersSayWhatTheyTook() {
    int tokens =
        embedder.submit(EmbedRequest.of(List.of(contents()))).join().embeddings().stream()
            .mapToInt(Embedding::promptTokens)
            .sum();
    EmbeddingResponse response =
        Vl4jDocumentEmbeddingModel.of(embedder, EmbeddingSettings.DEFAULT.withModelName("demo"))
            .call(new DocumentEmbeddingRequest(DOCUMENTS));
    assertThat(response.getMetadata().getModel()).isEqualTo("demo");
    assertThat(response.getMetadata().getUsage().getPromptTokens()).isEqualTo(tokens);
    assertThat(response.getMetadata().getUsage().getTotalTokens()).isEqualTo(tokens);
    assertThat(response.getMetadata().getUsage().getCompletionTokens()).isZero();
    assertThat(response.getResults())
        .extracting(
            each -> each.getIndex(),
            each -> each.getMetadata().getDocumentId(),
            each -> each.getMetadata().getModalityType())
        .containsExactly(
            tuple(0, "text", ModalityType.TEXT),
            tuple(1, "red", ModalityType.IMAGE),
            tuple(2, "blue", ModalityType.IMAGE));
  }

  /** What is stored is a document, and what is searched with is a query. */
  @Test
  void aVectorStoreSearches() {
    SimpleVectorStore store =
        SimpleVectorStore.builder(Vl4jEmbeddingModel.of(embedder, SETTINGS)).build();
    store.add(
        List.of(
            new Document("red", "a red circle", Map.of("page", 7)),
            new Document("blue", "a blue square", Map.of())));
    float[] query = expected(QUERY, 0, Content.text("a circle in red")).getFirst();
    float[] document = expected(DOCUMENT, 0, Content.text("a red circle")).getFirst();
    double cosine = 0;
    for (int i = 0; i < query.length; i++) {
      cosine += (double) query[i] * document[i];
    }
    Document found =
        store
            .similaritySearch(SearchRequest.builder().query("a circle in red").topK(1).build())
            .getFirst();
    assertThat(found.getId()).isEqualTo("red");
    assertThat(found.getMetadata()).containsEntry("page", 7);
    assertThat(found.getScore()).isCloseTo(cosine, within(1e-6));
  }

  @Test
  void callsAreObserved() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    ObservationRegistry observations = ObservationRegistry.create();
    observations.observationConfig().observationHandler(new DefaultMeterObservationHandler(meters));
    Vl4jEmbeddingModel model = Vl4jEmbeddingModel.of(embedder, SETTINGS, observations);
    assertSameBits(model.embed(TEXTS), expected(QUERY, 0, texts()));
    assertThat(
            meters
                .get("gen_ai.client.operation")
                .tag("gen_ai.request.model", "demo")
                .timer()
                .count())
        .isEqualTo(1);
    assertThatThrownBy(() -> model.embed(List.of())).isInstanceOf(InvalidRequestException.class);
    assertThat(
            meters.find("gen_ai.client.operation").tag("error", "InvalidRequestException").timer())
        .isNotNull();
  }

  @Test
  void whatCannotBeDoneIsRefused() {
    Vl4jEmbeddingModel model = Vl4jEmbeddingModel.of(embedder, SETTINGS);
    assertThatThrownBy(() -> model.embed(List.of()))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("inputs: expected at least one, found none");
    refused(
        EmbeddingOptions.builder().model("text-embedding-3-small").build(),
        "model: expected demo or none, found text-embedding-3-small");
    refused(
        EmbeddingOptions.builder().dimensions(0).build(),
        "dimensions: expected 1 or more, found 0");
    refused(EmbeddingOptions.builder().dimensions(embedder.dimensions() + 1).build(), "dimensions");
    Document sound =
        new Document(
            "sound",
            Media.builder().mimeType(MimeType.valueOf("audio/mpeg")).data(new byte[3]).build(),
            Map.of());
    assertThatThrownBy(() -> model.embed(sound))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith("document 0 (sound): media: expected image/*");
    assertThatThrownBy(
            () -> Vl4jEmbeddingModel.of(embedder, SETTINGS.withTimeout(Duration.ZERO)).embed(TEXTS))
        .isInstanceOf(DeadlineExceededException.class);
    EmbeddingSettings tooLong = SETTINGS.withDimensions(embedder.dimensions() + 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Vl4jDocumentEmbeddingModel.of(embedder, tooLong))
        .withMessageStartingWith("dimensions: expected " + embedder.dimensions() + " at most");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SETTINGS.withDimensions(-1))
        .withMessage("dimensions: expected 0 or more, found -1");
  }

  private static void refused(EmbeddingOptions options, String message) {
    assertThatThrownBy(() ->
            Vl4jEmbeddingModel.of(embedder, SETTINGS).call(new EmbeddingRequest(TEXTS, options)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining(message);
    assertThatThrownBy(() ->
            Vl4jDocumentEmbeddingModel.of(embedder, SETTINGS)
                .call(new DocumentEmbeddingRequest(DOCUMENTS, options)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining(message);
  }

  @Test
  void nullIsRefusedByName() {
    Vl4jEmbeddingModel model = Vl4jEmbeddingModel.of(embedder);
    assertThatNullPointerException()
        .isThrownBy(() -> Vl4jEmbeddingModel.of(null))
        .withMessage("embedder");
    assertThatNullPointerException().isThrownBy(() -> model.call(null)).withMessage("request");
    assertThatNullPointerException()
        .isThrownBy(() -> model.embed(Arrays.asList("a", null)))
        .withMessage("request.instructions[1]");
    assertThatNullPointerException()
        .isThrownBy(() -> model.embed((Document) null))
        .withMessage("document");
    assertThatNullPointerException()
        .isThrownBy(() ->
            Vl4jDocumentEmbeddingModel.of(embedder)
                .call(new DocumentEmbeddingRequest(Arrays.asList(DOCUMENTS.getFirst(), null))))
        .withMessage("documents[1]");
  }
}
