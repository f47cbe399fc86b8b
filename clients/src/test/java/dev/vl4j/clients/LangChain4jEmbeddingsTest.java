package dev.vl4j.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.output.Response;
import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** LangChain4j's embedding model for OpenAI's API, told another address. */
class LangChain4jEmbeddingsTest {
  private static final List<String> TEXTS =
      List.of("a red circle", "A circle has no corners.", "Lima is in Peru.");

  @TempDir private static Path directory;
  private static EmbedderServer server;

  @BeforeAll
  static void open() throws IOException {
    server = new EmbedderServer(directory);
  }

  @AfterAll
  static void close() {
    server.close();
  }

  private static OpenAiEmbeddingModel.OpenAiEmbeddingModelBuilder model(String name) {
    return OpenAiEmbeddingModel.builder()
        .baseUrl(server.address() + "/v1")
        .apiKey(DemoServer.KEY)
        .modelName(name)
        .maxRetries(0);
  }

  /** More texts than one request takes are sent in several. */
  @ParameterizedTest
  @CsvSource({"2048, float", "2, float", "2048, base64"})
  void vectors(int textsPerRequest, String format) {
    OpenAiEmbeddingModel model =
        model("vectors")
            .maxSegmentsPerBatch(textsPerRequest)
            .encodingFormat(format)
            .dimensions(7)
            .build();
    Response<List<Embedding>> answer =
        model.embedAll(TEXTS.stream().map(TextSegment::from).toList());
    List<float[]> expected =
        server.embedder.embed(
            EmbedRequest.of(TEXTS.stream().map(Content::text).toList()).withDimensions(7));
    assertThat(answer.content()).hasSize(3);
    for (int i = 0; i < 3; i++) {
      assertThat(answer.content().get(i).vector()).isEqualTo(expected.get(i));
    }
    assertThat(answer.tokenUsage().inputTokenCount()).isPositive();
    assertThat(model.dimension()).isEqualTo(7);
  }

  @Test
  void itsSizeIsAskedFor() {
    OpenAiEmbeddingModel model = model("vectors").build();
    assertThat(model.embed(TEXTS.getFirst()).content().vector())
        .isEqualTo(server.embedder.embed(Content.text(TEXTS.getFirst())));
    assertThat(model.dimension()).isEqualTo(server.embedder.dimensions());
  }

  @Test
  void errorsReachTheCaller() {
    OpenAiEmbeddingModel model = model("other").build();
    assertThatThrownBy(() -> model.embed("a"))
        .hasStackTraceContaining("The model `other` does not exist.");
  }
}
