package dev.vl4j.springboot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Device;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Engine;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.springai.RerankingDocumentPostProcessor;
import dev.vl4j.springai.Vl4jDocumentEmbeddingModel;
import dev.vl4j.springai.Vl4jEmbeddingModel;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.DocumentEmbeddingModel;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.rag.Query;
import org.springframework.ai.rag.postretrieval.document.DocumentPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class AutoConfigurationTest {
  private static final String RERANKER = "vl4j.model=demo";
  private static final String EMBEDDER = "vl4j.embedding-model=demo";
  private static final Query QUERY = new Query("a red circle");
  private static final List<Document> DOCUMENTS =
      List.of(
          new Document("square", "A square has four corners.", Map.of()),
          new Document("circle", "A red circle.", Map.of("page", 7)));
  private static final List<Content> CONTENTS =
      List.of(Content.text("A square has four corners."), Content.text("A red circle."));

  private final ApplicationContextRunner application =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  Vl4jAutoConfiguration.class,
                  Vl4jHealthAutoConfiguration.class,
                  Vl4jMetricsAutoConfiguration.class,
                  Vl4jSpringAiAutoConfiguration.class));

  @Test
  void nothingIsOpenedThatIsNotNamed() {
    application.run(context ->
        assertThat(context)
            .hasNotFailed()
            .doesNotHaveBean(Engine.class)
            .doesNotHaveBean(Device.class)
            .doesNotHaveBean(DocumentPostProcessor.class)
            .doesNotHaveBean(EmbeddingModel.class)
            .doesNotHaveBean(DocumentEmbeddingModel.class)
            .doesNotHaveBean(HealthIndicator.class)
            .doesNotHaveBean(MeterBinder.class));
    application
        .withPropertyValues("vl4j.model=false")
        .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(Engine.class));
  }

  @Test
  void aRerankerAlone() {
    application
        .withPropertyValues(RERANKER)
        .run(context -> {
          assertThat(context)
              .hasSingleBean(Reranker.class)
              .doesNotHaveBean(Embedder.class)
              .doesNotHaveBean(Device.class)
              .doesNotHaveBean(EmbeddingModel.class);
          List<RankedDocument> expected =
              context.getBean(Reranker.class).rerank(Content.text(QUERY.text()), CONTENTS);
          assertThat(context.getBean(DocumentPostProcessor.class).process(QUERY, DOCUMENTS))
              .extracting(Document::getScore)
              .containsExactlyElementsOf(expected.stream().map(RankedDocument::score).toList());
        });
  }

  @Test
  void bothModelsShareADeviceUntilTheyAreClosed() {
    Engine[] engines = new Engine[2];
    application
        .withPropertyValues(RERANKER, EMBEDDER, "vl4j.backend=cpu")
        .run(context -> {
          assertThat(context).hasSingleBean(Device.class);
          engines[0] = context.getBean(Reranker.class);
          engines[1] = context.getBean(Embedder.class);
          assertThat(engines).allMatch(Engine::isAlive);
          assertThat(context.getBean(EmbeddingModel.class).embed("a"))
              .isEqualTo(context.getBean(Embedder.class).embed(Content.text("a")));
        });
    assertThat(engines).noneMatch(Engine::isAlive);
  }

  @Test
  void propertiesAreTheEngines(@TempDir Path directory) {
    Path cache = directory.resolve("packed");
    application
        .withPropertyValues(
            RERANKER,
            EMBEDDER,
            "vl4j.dtype=F32",
            "vl4j.threads=1",
            "vl4j.max-tokens=99",
            "vl4j.packed-cache=" + cache,
            "vl4j.rerank.top-n=1",
            "vl4j.rerank.instruction=Find squares.",
            "vl4j.embedding.dimensions=17",
            "vl4j.embedding.query-instruction=Find pictures.",
            "vl4j.embedding.document-instruction=Keep this.")
        .run(context -> {
          Reranker reranker = context.getBean(Reranker.class);
          Embedder embedder = context.getBean(Embedder.class);
          assertThat(List.of(reranker, embedder))
              .allSatisfy(engine -> {
                assertThat(engine.precision()).isEqualTo(Precision.F32);
                assertThat(engine.maxTokens()).isEqualTo(99);
              });
          assertThat(cache).isNotEmptyDirectory();
          assertThat(context.getBean(DocumentPostProcessor.class).process(QUERY, DOCUMENTS))
              .singleElement()
              .extracting(Document::getScore)
              .isEqualTo(
                  reranker
                      .rerank(
                          RerankRequest.of(Content.text(QUERY.text()), CONTENTS)
                              .withInstruction("Find squares."))
                      .getFirst()
                      .score());
          EmbedRequest request =
              EmbedRequest.of(List.of(Content.text("A red circle."))).withDimensions(17);
          EmbeddingModel model = context.getBean(EmbeddingModel.class);
          assertThat(model.dimensions()).isEqualTo(17);
          assertThat(model.embed("A red circle."))
              .isEqualTo(embedder.embed(request.withInstruction("Find pictures.")).getFirst());
          assertThat(model.embed(DOCUMENTS.get(1)))
              .isEqualTo(embedder.embed(request.withInstruction("Keep this.")).getFirst());
          assertThat(context.getBean(DocumentEmbeddingModel.class).dimensions()).isEqualTo(17);
        });
  }

  @Test
  void aDirectoryIsAModel(@TempDir Path directory) {
    application
        .withPropertyValues("vl4j.model=" + directory)
        .run(context ->
            assertThat(context)
                .getFailure()
                .rootCause()
                .hasMessageContaining(directory.toString())
                .hasMessageContaining("config.json"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vl4j.model=no such/di/rectory | vl4j.model: expected demo, a directory, or a hub's",
        "vl4j.embedding-model= | vl4j.embedding-model: expected demo, a directory, or a hub's",
        "vl4j.model=demo vl4j.backend=abacus | abacus",
        "vl4j.model=demo vl4j.threads=-1 | threads: expected 0 or more, found -1",
        "vl4j.model=demo vl4j.rerank.top-n=-1 | topN: expected 0 or more, found -1",
        "vl4j.model=demo vl4j.dtype=fp7 | fp7",
      })
  void wrongPropertiesEndTheStart(String properties, String message) {
    application
        .withPropertyValues(properties.split(" (?=vl4j)"))
        .run(context -> assertThat(context).getFailure().rootCause().hasMessageContaining(message));
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnReranker {
    @Bean
    Reranker mine() {
      return Reranker.openDemo();
    }
  }

  @Test
  void theApplicationsOwnBeansGoFirst() {
    application
        .withPropertyValues(RERANKER)
        .withUserConfiguration(OwnReranker.class)
        .run(context -> {
          assertThat(context)
              .hasSingleBean(Reranker.class)
              .hasBean("mine")
              .hasSingleBean(RerankingDocumentPostProcessor.class);
          assertThat(context.getBean(HealthIndicator.class).health().getDetails())
              .containsOnlyKeys("mine");
        });
  }

  @Test
  void springAisPropertiesChooseAmongModels() {
    application
        .withPropertyValues(
            EMBEDDER,
            "spring.ai.model.embedding=openai",
            "spring.ai.model.embedding.multimodal=none")
        .run(context ->
            assertThat(context)
                .hasSingleBean(Embedder.class)
                .doesNotHaveBean(EmbeddingModel.class)
                .doesNotHaveBean(DocumentEmbeddingModel.class));
    application
        .withPropertyValues(EMBEDDER, "spring.ai.model.embedding=vl4j")
        .run(context ->
            assertThat(context)
                .hasSingleBean(Vl4jEmbeddingModel.class)
                .hasSingleBean(Vl4jDocumentEmbeddingModel.class));
  }

  @Test
  void whatIsNotOnTheClassPathIsNotNeeded() {
    application
        .withPropertyValues(RERANKER, EMBEDDER)
        .withClassLoader(
            new FilteredClassLoader(
                "org.springframework.ai",
                "dev.vl4j.springai",
                "io.micrometer",
                "org.springframework.boot.health"))
        .run(context ->
            assertThat(context)
                .hasNotFailed()
                .hasSingleBean(Reranker.class)
                .hasSingleBean(Embedder.class)
                .doesNotHaveBean("vl4jHealthIndicator")
                .doesNotHaveBean("vl4jEngineMeters"));
  }

  @Test
  void healthIsThatOfAllModels() {
    application
        .withPropertyValues(RERANKER, EMBEDDER)
        .run(context -> {
          HealthIndicator indicator = context.getBean(HealthIndicator.class);
          assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
          assertThat(indicator.health().getDetails())
              .containsOnlyKeys("vl4jReranker", "vl4jEmbedder");
          assertThat(indicator.health().getDetails().get("vl4jReranker"))
              .asInstanceOf(InstanceOfAssertFactories.MAP)
              .containsEntry("alive", true)
              .containsEntry("requestsInFlight", 0)
              .containsKeys("dtype", "devices");
          context.getBean(Embedder.class).close();
          assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN);
        });
    application
        .withPropertyValues(RERANKER, "management.health.vl4j.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean(HealthIndicator.class));
  }

  @Test
  void metersCountWhatIsComputed() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    application
        .withPropertyValues(RERANKER)
        .run(context -> {
          context.getBean(MeterBinder.class).bindTo(registry);
          assertThat(registry.get("vl4j.engine.alive").gauge().value()).isEqualTo(1);
          int tokens =
              context.getBean(Reranker.class).rerank(Content.text("a"), CONTENTS).stream()
                  .mapToInt(RankedDocument::promptTokens)
                  .sum();
          assertThat(registry.get("vl4j.prompts").tag("engine", "vl4jReranker").counter().count())
              .isEqualTo(2);
          assertThat(registry.get("vl4j.request.compute").timer().count()).isEqualTo(1);
          assertThat(registry.get("vl4j.request.queue").timer().count()).isEqualTo(1);
          assertThat(registry.get("vl4j.request.preparation").timer().count()).isEqualTo(1);
          assertThat(registry.get("vl4j.forward").timer().count()).isPositive();
          assertThat(
                  registry.get("vl4j.tokens").counters().stream()
                      .mapToDouble(each -> each.count())
                      .sum())
              .isEqualTo(tokens);
          assertThat(registry.get("vl4j.images").tag("work", "encoded").counter().count()).isZero();
          assertThat(registry.get("vl4j.requests.active").gauge().value()).isZero();
          assertThat(registry.get("vl4j.cache.size").tag("cache", "prefix").gauge().value())
              .isPositive();
          assertThat(registry.get("vl4j.cache.evictions").functionCounters()).hasSize(2);
        });
    assertThat(registry.get("vl4j.engine.alive").gauge().value()).isZero();
  }

  @Test
  void customizersHaveTheLastWord() {
    application
        .withPropertyValues(RERANKER, EMBEDDER, "vl4j.max-tokens=99")
        .withBean(
            ModelOptionsCustomizer.class,
            () ->
                (bean, options) ->
                    bean.equals(ModelOptionsCustomizer.RERANKER)
                        ? options.withMaxTokens(options.maxTokens() + 1)
                        : options)
        .run(context -> {
          assertThat(context.getBean(Reranker.class).maxTokens()).isEqualTo(100);
          assertThat(context.getBean(Embedder.class).maxTokens()).isEqualTo(99);
        });
  }

  /** What IDEs complete, from the record's Javadoc and from what is written by hand. */
  @Test
  void propertiesAreDescribed() throws Exception {
    String metadata =
        Files.readString(Path.of("target/classes/META-INF/spring-configuration-metadata.json"));
    assertThat(metadata)
        .contains(
            "\"name\": \"vl4j.model\"",
            "\"name\": \"vl4j.rerank.min-score\"",
            "\"name\": \"vl4j.embedding.query-instruction\"",
            "\"description\": \"What computes: auto for the best",
            "Qwen\\/Qwen3-VL-Embedding-8B");
  }
}
