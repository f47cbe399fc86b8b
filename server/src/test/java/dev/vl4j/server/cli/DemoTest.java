package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.EmbedderOptions;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.RerankerOptions;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The embedded model end to end, against scores from Hugging Face transformers in float32. */
class DemoTest {
  private static final double TOLERANCE = 2e-4;

  private static JsonNode reference() throws IOException {
    try (InputStream in = DemoTest.class.getResourceAsStream("reference_scores.json")) {
      return JsonMapper.builder().build().readTree(in);
    }
  }

  /** What the demonstration calls an item of the reference file. */
  private static String label(JsonNode item) {
    if (item.has("text")) {
      return item.path("text").stringValue();
    }
    JsonNode drawing = item.path("drawing");
    JsonNode fill = drawing.path("fill");
    int rgb = fill.get(0).intValue() << 16 | fill.get(1).intValue() << 8 | fill.get(2).intValue();
    String colour =
        DemoPictures.COLOURS.entrySet().stream()
            .filter(entry -> entry.getValue() == rgb)
            .map(Map.Entry::getKey)
            .findFirst()
            .orElseThrow();
    return "[picture: " + colour + " " + drawing.path("shape").stringValue() + "]";
  }

  @Test
  void casesAreThoseOfTheReference() throws IOException {
    JsonNode reference = reference();
    List<DemoCase> cases = DemoCase.all();
    assertThat(cases).hasSize(reference.size());
    for (int i = 0; i < cases.size(); i++) {
      DemoCase demo = cases.get(i);
      JsonNode expected = reference.get(i);
      assertThat(demo.query().label()).isEqualTo(label(expected.path("query")));
      assertThat(demo.documents().reversed().stream().map(DemoCase.Item::label))
          .containsExactlyElementsOf(
              expected.path("documents").values().stream().map(DemoTest::label).toList());
    }
  }

  @Test
  void scoresAreThoseOfTheReference() throws IOException {
    JsonNode reference = reference();
    List<DemoCase> cases = DemoCase.all();
    RerankerOptions options =
        RerankerOptions.DEFAULT.withModel(ModelOptions.DEFAULT.withPrecision(Precision.F32));
    try (Reranker model = ModelOpener.inProcess(ModelOpener.DEMO, options)) {
      for (int i = 0; i < cases.size(); i++) {
        DemoCase demo = cases.get(i);
        List<RankedDocument> ranked =
            model.rerank(
                RerankRequest.of(
                    demo.query().content(),
                    demo.documents().stream().map(DemoCase.Item::content).toList()));
        assertThat(ranked.getFirst().index()).as(demo.query().label()).isEqualTo(demo.right());
        Map<Integer, RankedDocument> byIndex =
            ranked.stream().collect(Collectors.toMap(RankedDocument::index, result -> result));
        for (int k = 0; k < demo.documents().size(); k++) {
          assertThat(byIndex.get(demo.right() - k).score())
              .as("%s, document %d", demo.query().label(), k)
              .isCloseTo(reference.get(i).path("scores").get(k).doubleValue(), within(TOLERANCE));
        }
      }
    }
  }

  /** In each precision that processors have, because the default depends on the processor. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "FP8")
  void theCommandShowsEveryCaseWon(Precision precision) {
    ModelOpener opener =
        new ModelOpener() {
          @Override
          public Reranker open(String name, RerankerOptions options) {
            return ModelOpener.inProcess(
                name, options.withModel(options.model().withPrecision(precision)));
          }

          @Override
          public Embedder openEmbedder(String name, EmbedderOptions options) {
            return ModelOpener.super.openEmbedder(
                name, options.withModel(options.model().withPrecision(precision)));
          }
        };
    CommandLineHarness.Outcome outcome = CommandLineHarness.run("", opener, "demo");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out()).contains("came first in 10 of 10").doesNotContain("✗");
    if (precision != Precision.AUTO) {
      assertThat(outcome.out()).contains("products are in " + precision);
    }
  }

  /** On a reranker that always prefers the last document. */
  @Test
  void theTableMarksTheRightDocument() {
    CommandLineHarness.Outcome outcome = new CommandLineHarness().run("", "demo");
    assertThat(outcome.code()).as(outcome.err()).isZero();
    assertThat(outcome.out()).contains("✓", "[picture: red circle]", "10 of 10");
  }
}
