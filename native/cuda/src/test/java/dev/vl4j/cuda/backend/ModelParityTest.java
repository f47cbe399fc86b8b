package dev.vl4j.cuda.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.cuda.fake.FakeDevice;
import dev.vl4j.engine.Content;
import dev.vl4j.engine.EngineObserver;
import dev.vl4j.engine.ForwardReport;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.ModelParity;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.Reranker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The engine with tiny models on a fake GPU. */
class ModelParityTest extends ModelParity {
  @RegisterExtension final FakeGpus gpus = new FakeGpus();

  @BeforeEach
  void useMachine() {
    FakeProvider.use(gpus, gpus.machine());
  }

  @Override
  protected String backend() {
    return FakeProvider.NAME;
  }

  /** A machine with two GPUs. */
  private void useTwoGpus() {
    FakeProvider.use(
        gpus, gpus.add(FakeCuda.builder().device(FakeDevice.HOPPER).device(FakeDevice.HOPPER)));
  }

  /** A batch, prefixes that are cached, and pictures that are held change no bit. */
  @ParameterizedTest
  @ValueSource(strings = {"F32", "BF16", "FP8", "INT8"})
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

  @ParameterizedTest
  @ValueSource(strings = {"INT8", "AUTO"})
  void logitsOfIntegersErrAsTheFormatDoes(Precision precision) {
    requireInt8ErrsAsTheFormatDoes(precision);
  }

  @Test
  void logitsInFp8ErrAsTheFormatDoes() {
    requireFp8ErrsAsTheFormatDoes(CHECKPOINTS);
  }

  /** The same where a kernel multiplies by the scales, not cuBLASLt. */
  @Test
  void logitsInFp8ErrAsTheFormatDoesOnAda() {
    FakeProvider.use(gpus, gpus.add(FakeCuda.builder().device(FakeDevice.ADA)));
    requireFp8ErrsAsTheFormatDoes(List.of("untied_gqa1_sharded"));
  }

  /** The models of other tests have too few layers for a graph. */
  @Test
  void aPairThatComesAgainIsAGraph() {
    FakeCuda machine = gpus.machine();
    FakeProvider.use(gpus, machine);
    Content query = Content.text("a red circle");
    try (Reranker reranker = Reranker.openDemo(options(Precision.BF16))) {
      List<Double> first = logits(reranker, query, List.of(Content.text("a large red circle")));
      List<Double> other = logits(reranker, query, List.of(Content.text("a small blue square")));
      int[] graphs = new int[4];
      for (int i = 0; i < graphs.length; i++) {
        int before = machine.calls("cuGraphLaunch");
        assertThat(logits(reranker, query, List.of(Content.text("a large red circle"))))
            .isEqualTo(first);
        assertThat(logits(reranker, query, List.of(Content.text("a small blue square"))))
            .isEqualTo(other);
        graphs[i] = machine.calls("cuGraphLaunch") - before;
      }
      // Both have as many tokens, so they share a graph.
      assertThat(graphs[3]).isEqualTo(2);
      assertThat(machine.calls("cuStreamBeginCapture_v2")).isLessThanOrEqualTo(3);
    }
  }

  /** A long request is computed by all, with the bits of one. */
  @Test
  void twoGpusShareTheRequests() {
    Content query = Content.text("a red circle");
    List<Content> documents = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      for (JsonNode test : cases("heads72_f16").get(PixelBudget.CHECKPOINT)) {
        documents.add(content(test.path("document")));
      }
      documents.add(Content.text("A square, number %d. ".formatted(i).repeat(20)));
    }
    List<Double> alone;
    Path model = model("heads72_f16");
    try (Reranker reranker = Reranker.open(model, options(Precision.BF16))) {
      alone = logits(reranker, query, documents);
    }
    useTwoGpus();
    Set<String> computing = ConcurrentHashMap.newKeySet();
    ModelOptions both =
        options(Precision.BF16)
            .withBackend(FakeProvider.NAME + ":all")
            .withObserver(
                new EngineObserver() {
                  @Override
                  public void forwardFinished(ForwardReport report) {
                    computing.add(String.valueOf(Thread.currentThread().threadId()));
                  }
                });
    try (Reranker reranker = Reranker.open(model, both)) {
      assertThat(reranker.devices()).hasSize(2);
      assertThat(logits(reranker, query, documents)).isEqualTo(alone);
      assertThat(logits(reranker, query, documents.reversed())).isEqualTo(alone.reversed());
      assertThat(computing).hasSize(2);
      assertThat(reranker.statistics().prefixCache().bytes()).isPositive();
    }
  }

  /** Nothing is answered after an error, and nothing is answered wrong. */
  @Test
  @Timeout(60)
  void aGpuThatIsLostStopsTheEngine() throws InterruptedException {
    FakeCuda two = gpus.add(FakeCuda.builder().device(FakeDevice.HOPPER).device(FakeDevice.HOPPER));
    FakeProvider.use(gpus, two);
    ModelOptions both = options(Precision.BF16).withBackend(FakeProvider.NAME + ":0,1");
    try (Reranker reranker = Reranker.open(model("tied_gqa2"), both)) {
      two.failKernel("rmsNorm", 1, 700);
      assertThatExceptionOfType(RuntimeException.class)
          .isThrownBy(
              () -> logits(reranker, Content.text("red"), List.of(Content.text("a circle"))));
      while (reranker.isAlive()) {
        Thread.sleep(5); // the request is told before all else is
      }
    }
  }
}
