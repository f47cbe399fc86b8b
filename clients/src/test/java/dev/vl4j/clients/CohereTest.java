package dev.vl4j.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.cohere.api.Cohere;
import com.cohere.api.errors.BadRequestError;
import com.cohere.api.resources.v2.requests.V2EmbedRequest;
import com.cohere.api.resources.v2.requests.V2RerankRequest;
import com.cohere.api.resources.v2.types.V2EmbedRequestTruncate;
import com.cohere.api.resources.v2.types.V2RerankResponse;
import com.cohere.api.types.EmbedByTypeResponse;
import com.cohere.api.types.EmbedByTypeResponseEmbeddings;
import com.cohere.api.types.EmbedContent;
import com.cohere.api.types.EmbedImage;
import com.cohere.api.types.EmbedImageUrl;
import com.cohere.api.types.EmbedInput;
import com.cohere.api.types.EmbedInputType;
import com.cohere.api.types.EmbedText;
import com.cohere.api.types.EmbeddingType;
import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedding;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Truncation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cohere's client for Java and the second version of its API, told another address. */
class CohereTest {
  private static final List<String> TEXTS = List.of("a red circle", "A circle has no corners.");
  private static final Path PICTURE =
      Path.of("../engine/src/test/resources/fixtures/images/tiny_20x33.png");

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

  private static Cohere client(String address) {
    return Cohere.builder().token(DemoServer.KEY).url(address).maxRetries(0).build();
  }

  private static EmbedByTypeResponse embed(V2EmbedRequest._FinalStage request) {
    return client(server.address()).v2().embed(request.build());
  }

  private static V2EmbedRequest._FinalStage request() {
    return V2EmbedRequest.builder().model("vectors").inputType(EmbedInputType.SEARCH_DOCUMENT);
  }

  private static List<Embedding> expected(EmbedRequest request) {
    return server.embedder.submit(request).join().embeddings();
  }

  private static float[] floats(List<Double> numbers) {
    float[] floats = new float[numbers.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = numbers.get(i).floatValue();
    }
    return floats;
  }

  private static List<Integer> numbers(byte[] bytes, int mask) {
    return IntStream.range(0, bytes.length).mapToObj(i -> bytes[i] & mask).toList();
  }

  @Test
  void everyFormOfTexts() {
    EmbedByTypeResponse answer =
        embed(
            request()
                .texts(TEXTS)
                .outputDimension(16)
                .embeddingTypes(
                    List.of(
                        EmbeddingType.FLOAT,
                        EmbeddingType.INT_8,
                        EmbeddingType.BINARY,
                        EmbeddingType.UBINARY,
                        EmbeddingType.BASE_64)));
    List<Embedding> expected =
        expected(EmbedRequest.of(TEXTS.stream().map(Content::text).toList()).withDimensions(16));
    EmbedByTypeResponseEmbeddings forms = answer.getEmbeddings();
    for (int i = 0; i < 2; i++) {
      Embedding one = expected.get(i);
      assertThat(floats(forms.getFloat().orElseThrow().get(i))).isEqualTo(one.vector());
      assertThat(forms.getInt8().orElseThrow().get(i)).isEqualTo(numbers(one.int8(), -1));
      assertThat(forms.getBinary().orElseThrow().get(i)).isEqualTo(numbers(one.binary(), -1));
      assertThat(forms.getUbinary().orElseThrow().get(i)).isEqualTo(numbers(one.ubinary(), 255));
      assertThat(Base64.getDecoder().decode(forms.getBase64().orElseThrow().get(i))).hasSize(64);
    }
    assertThat(forms.getUint8()).isEmpty();
    assertThat(answer.getTexts()).hasValue(TEXTS);
    double tokens =
        answer
            .getMeta()
            .orElseThrow()
            .getBilledUnits()
            .orElseThrow()
            .getInputTokens()
            .orElseThrow();
    assertThat(tokens).isEqualTo(expected.stream().mapToInt(Embedding::promptTokens).sum());
  }

  @Test
  void picturesAloneAndWithTexts() throws IOException {
    String url =
        "data:image/png;base64," + Base64.getEncoder().encodeToString(Files.readAllBytes(PICTURE));
    float[] alone = server.embedder.embed(Content.image(PICTURE));
    EmbedByTypeResponse images = embed(request().images(List.of(url)));
    assertThat(floats(images.getEmbeddings().getFloat().orElseThrow().getFirst())).isEqualTo(alone);
    EmbedInput mixed =
        EmbedInput.builder()
            .content(
                List.of(
                    EmbedContent.imageUrl(
                        EmbedImage.builder()
                            .imageUrl(EmbedImageUrl.builder().url(url).build())
                            .build()),
                    EmbedContent.text(EmbedText.builder().text("a scan").build())))
            .build();
    EmbedByTypeResponse inputs = embed(request().inputs(List.of(mixed)));
    assertThat(floats(inputs.getEmbeddings().getFloat().orElseThrow().getFirst()))
        .isEqualTo(server.embedder.embed(Content.of(Part.image(PICTURE), Part.text("a scan"))));
  }

  @Test
  void longTextsAreCutAtTheirBeginning() {
    String text = "word ".repeat(300) + "and an end";
    EmbedByTypeResponse answer =
        embed(request().texts(List.of(text)).maxTokens(60).truncate(V2EmbedRequestTruncate.START));
    EmbedRequest cut =
        EmbedRequest.of(List.of(Content.text(text)))
            .withMaxPromptTokens(60)
            .withTruncation(Truncation.START);
    assertThat(floats(answer.getEmbeddings().getFloat().orElseThrow().getFirst()))
        .isEqualTo(expected(cut).getFirst().vector());
  }

  @Test
  void dimensionsThatThereAreNot() {
    BadRequestError refused =
        catchThrowableOfType(
            BadRequestError.class, () -> embed(request().texts(TEXTS).outputDimension(1000)));
    assertThat(String.valueOf(refused.body())).contains("expected 1 to 36, found 1000");
  }

  @Test
  void rankings() {
    String query = "What is the capital of China?";
    List<String> documents =
        List.of("Gravity is a force.", "The capital of China is Beijing.", "Lima is in Peru.");
    try (DemoServer demo = new DemoServer()) {
      V2RerankResponse answer =
          client(demo.address())
              .v2()
              .rerank(
                  V2RerankRequest.builder()
                      .model("demo")
                      .query(query)
                      .documents(documents)
                      .topN(2)
                      .build());
      List<RankedDocument> expected =
          demo.reranker.rerank(
              RerankRequest.of(Content.text(query), documents.stream().map(Content::text).toList())
                  .withTopN(2));
      assertThat(answer.getResults()).hasSize(2);
      for (int i = 0; i < 2; i++) {
        assertThat(answer.getResults().get(i).getIndex()).isEqualTo(expected.get(i).index());
        assertThat(answer.getResults().get(i).getRelevanceScore())
            .isEqualTo((float) expected.get(i).score());
      }
    }
  }
}
