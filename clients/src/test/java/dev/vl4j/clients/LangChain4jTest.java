package dev.vl4j.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.cohere.CohereScoringModel;
import dev.langchain4j.rag.content.Content;
import dev.langchain4j.rag.content.aggregator.ReRankingContentAggregator;
import dev.langchain4j.rag.query.Query;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * LangChain4j's scoring model for Cohere's API, told another address. It wants Cohere's {@code
 * meta} in answers, which vLLM's {@code /v1/rerank} does not have.
 */
class LangChain4jTest {
  private static final String QUERY = "What is the capital of China?";
  private static final List<String> DOCUMENTS =
      List.of("Gravity is a force.", "The capital of China is Beijing.", "Lima is in Peru.");

  @AutoClose private static final DemoServer server = new DemoServer();

  private static CohereScoringModel model(String address, String base, String name) {
    return CohereScoringModel.builder()
        .baseUrl(address + base)
        .apiKey(DemoServer.KEY)
        .modelName(name)
        .maxRetries(0)
        .build();
  }

  private static List<RankedDocument> expected() {
    return server.reranker.rerank(
        RerankRequest.of(
            dev.vl4j.engine.Content.text(QUERY),
            DOCUMENTS.stream().map(dev.vl4j.engine.Content::text).toList()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/v2/"})
  void scores(String base) throws IOException {
    try (Recorder recorder = new Recorder(server.address())) {
      List<Double> scores =
          model(recorder.address(), base, "demo")
              .scoreAll(DOCUMENTS.stream().map(TextSegment::from).toList(), QUERY)
              .content();
      assertThat(scores)
          .containsExactlyElementsOf(
              expected().stream()
                  .sorted(Comparator.comparingInt(RankedDocument::index))
                  .map(RankedDocument::score)
                  .toList());
      assertThat(recorder.sent).hasSize(1);
      Recorder.Sent sent = recorder.sent.getFirst();
      assertThat(sent.method()).isEqualTo("POST");
      assertThat(sent.path()).isEqualTo(base + "rerank");
      assertThat(sent.json().propertyNames())
          .containsExactlyInAnyOrder("model", "query", "documents");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/v2/"})
  void order(String base) {
    ReRankingContentAggregator aggregator =
        ReRankingContentAggregator.builder()
            .scoringModel(model(server.address(), base, "demo"))
            .build();
    List<Content> ranked =
        aggregator.aggregate(
            Map.of(Query.from(QUERY), List.of(DOCUMENTS.stream().map(Content::from).toList())));
    assertThat(ranked)
        .extracting(content -> content.textSegment().text())
        .containsExactlyElementsOf(
            expected().stream().map(RankedDocument::index).map(DOCUMENTS::get).toList());
  }

  @Test
  void errorsReachTheCaller() {
    CohereScoringModel model = model(server.address(), "/", "other");
    assertThatThrownBy(() -> model.score("a", "b"))
        .hasStackTraceContaining("404")
        .hasStackTraceContaining("The model `other` does not exist.");
  }
}
