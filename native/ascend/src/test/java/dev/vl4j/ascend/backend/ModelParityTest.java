package dev.vl4j.ascend.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.ascend.fake.FakeCann;
import dev.vl4j.engine.Content;
import dev.vl4j.engine.ModelParity;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.Reranker;
import dev.vl4j.testkit.Seeds;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The engine with tiny models on a fake NPU. */
class ModelParityTest extends ModelParity {
  @RegisterExtension final FakeNpus npus = new FakeNpus();

  private FakeCann machine;

  @BeforeEach
  void useMachine() {
    machine = npus.machine();
    FakeProvider.use(machine);
  }

  @Override
  protected String backend() {
    return FakeProvider.NAME;
  }

  @Test
  void productsOfIntegersAreRefusedInWords() {
    requireProductsOfIntegersRefusedInWords();
  }

  /**
   * The fake computes a row alike in any batch, so that what differs here were a mistake: a prefix
   * that is gathered, a batch, a picture that is held.
   */
  @ParameterizedTest
  @ValueSource(strings = {"F32", "BF16"})
  void aScoreIsTheSameAloneAndAmongOthers(Precision precision) {
    Content query = Content.text("a red circle");
    List<Content> documents = new ArrayList<>();
    for (JsonNode test : cases("heads72_f16").get(PixelBudget.CHECKPOINT)) {
      documents.add(content(test.path("document")));
    }
    try (Reranker reranker = Reranker.open(model("heads72_f16"), options(precision))) {
      List<Double> alone = new ArrayList<>();
      for (Content document : documents) {
        alone.addAll(logits(reranker, query, List.of(document)));
      }
      assertThat(logits(reranker, query, documents)).isEqualTo(alone);
      assertThat(logits(reranker, query, documents.reversed())).isEqualTo(alone.reversed());
    }
  }

  /** With streams that are late at random, nothing leaks and nothing changes. */
  @Test
  void manyForwards() {
    Content query = Content.text("a red circle");
    List<Content> documents = List.of(Content.text("a circle"), Content.text("a blue square"));
    try (Reranker reranker = Reranker.open(model("tied_gqa2"), options(Precision.BF16))) {
      List<Double> first = logits(reranker, query, documents);
      long allocated = machine.allocatedBytes();
      for (int i = 0; i < (Seeds.thorough() ? 1000 : 100); i++) {
        assertThat(logits(reranker, query, documents)).as("forward %d", i).isEqualTo(first);
      }
      assertThat(machine.allocatedBytes()).isEqualTo(allocated);
      assertThat(machine.violations()).isEmpty();
    }
    assertThat(machine.leaks()).isEmpty();
  }

  /** Nothing is answered after an error, and nothing is answered wrong. */
  @Test
  void anNpuThatIsLostStopsTheEngine() {
    try (Reranker reranker = Reranker.open(model("tied_gqa2"), options(Precision.BF16))) {
      machine.failRun("aclnnMm", 1, 507015);
      assertThatExceptionOfType(RuntimeException.class)
          .isThrownBy(
              () -> logits(reranker, Content.text("red"), List.of(Content.text("a circle"))))
          .withStackTraceContaining("ACL_ERROR_RT_AICORE_EXCEPTION, 507015");
      assertThat(reranker.isAlive()).isFalse();
    }
  }
}
