package dev.vl4j.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.BadRequestException;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Embeddings through OpenAI's client for Java, which asks for base64 unless it is told not to. */
class OpenAiEmbeddingsTest {
  private static final List<String> TEXTS = List.of("a red circle", "A circle has no corners.");

  @TempDir private static Path directory;
  private static EmbedderServer server;
  private static OpenAIClient client;

  @BeforeAll
  static void open() throws IOException {
    server = new EmbedderServer(directory);
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl(server.address() + "/v1")
            .apiKey(DemoServer.KEY)
            .maxRetries(0)
            .responseValidation(true)
            .build();
  }

  @AfterAll
  static void close() {
    client.close();
    server.close();
  }

  private static EmbeddingCreateParams.Builder request() {
    return EmbeddingCreateParams.builder().model("vectors").inputOfArrayOfStrings(TEXTS);
  }

  private static void assertVectors(CreateEmbeddingResponse answer, int dimensions) {
    List<float[]> expected =
        server.embedder.embed(
            EmbedRequest.of(TEXTS.stream().map(Content::text).toList()).withDimensions(dimensions));
    assertThat(answer.data()).hasSize(2);
    for (int i = 0; i < 2; i++) {
      assertThat(answer.data().get(i).index()).isEqualTo(i);
      List<Float> found = answer.data().get(i).embedding();
      assertThat(found).hasSize(expected.get(i).length);
      for (int element = 0; element < found.size(); element++) {
        assertThat(found.get(element)).isEqualTo(expected.get(i)[element]);
      }
    }
    assertThat(answer.usage().promptTokens()).isPositive();
  }

  @Test
  void asTheClientLikesIt() {
    assertVectors(client.embeddings().create(request().build()), 0);
  }

  @Test
  void asNumbers() {
    EmbeddingCreateParams numbers =
        request().encodingFormat(EmbeddingCreateParams.EncodingFormat.FLOAT).dimensions(7).build();
    assertVectors(client.embeddings().create(numbers), 7);
  }

  @Test
  void asBase64() {
    EmbeddingCreateParams base64 =
        request().encodingFormat(EmbeddingCreateParams.EncodingFormat.BASE64).build();
    assertVectors(client.embeddings().create(base64), 0);
  }

  @Test
  void dimensionsThatThereAreNot() {
    BadRequestException refused =
        catchThrowableOfType(
            BadRequestException.class,
            () -> client.embeddings().create(request().dimensions(1000).build()));
    assertThat(refused).hasMessageContaining("dimensions: expected 1 to 36, found 1000");
  }
}
