package dev.vl4j.cuda.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.cuda.fake.FakeDevice;
import dev.vl4j.engine.Content;
import dev.vl4j.engine.EngineObserver;
import dev.vl4j.engine.ForwardReport;
import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.PixelBudget;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The engine with tiny models on a fake GPU, against what PyTorch computed in float32: the same
 * fixtures and tolerances as for other backends.
 */
class ModelParityTest {
  private static final Path FIXTURES = Path.of("../../engine/src/test/resources/fixtures");
  private static final double TOLERANCE = 2e-4;

  @RegisterExtension final FakeGpus gpus = new FakeGpus();
  @TempDir Path directory;
  private FakeCuda machine;

  @BeforeEach
  void useMachine() {
    machine = gpus.machine();
    FakeProvider.use(gpus, machine);
  }

  /** A machine with two GPUs. */
  private void useTwoGpus() {
    FakeProvider.use(
        gpus, gpus.add(FakeCuda.builder().device(FakeDevice.HOPPER).device(FakeDevice.HOPPER)));
  }

  /** A checkpoint with its tokenizer, which all have in common. */
  private Path model(String checkpoint) {
    Path from = FIXTURES.resolve(checkpoint).resolve("model");
    Path to = directory.resolve(checkpoint);
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path copy = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy);
        }
      }
      Files.copy(FIXTURES.resolve("tokenizer/tokenizer.json"), to.resolve("tokenizer.json"));
      return to;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ModelOptions options(Precision precision) {
    return ModelOptions.DEFAULT.withBackend(FakeProvider.NAME).withPrecision(precision);
  }

  /** The cases of a checkpoint, by the pixels that their images may have. */
  private static Map<PixelBudget, List<JsonNode>> cases(String checkpoint) {
    Map<PixelBudget, List<JsonNode>> cases = new LinkedHashMap<>();
    JsonMapper.shared()
        .readTree(FIXTURES.resolve(checkpoint).resolve("cases.json").toFile())
        .path("cases")
        .forEach(each -> {
          PixelBudget budget =
              new PixelBudget(each.path("min_pixels").asInt(0), each.path("max_pixels").asInt(0));
          cases.computeIfAbsent(budget, b -> new ArrayList<>()).add(each);
        });
    return cases;
  }

  private static Content content(JsonNode parts) {
    List<Part> list = new ArrayList<>();
    for (JsonNode part : parts) {
      list.add(
          part.has("text")
              ? Part.text(part.path("text").asString())
              : Part.image(FIXTURES.resolve(part.path("image").asString())));
    }
    return new Content(list);
  }

  private static double logit(Reranker reranker, JsonNode test) {
    JsonNode instruction = test.path("instruction");
    RerankRequest request =
        RerankRequest.of(content(test.path("query")), List.of(content(test.path("document"))))
            .withInstruction(instruction.isNull() ? null : instruction.asString())
            .withParseSpecialTokens(test.path("parse_special_tokens").asBoolean());
    return reranker.rerank(request).getFirst().logit();
  }

  /** What becomes of a case. */
  private interface Check {
    void of(JsonNode test, double logit);
  }

  private void each(String checkpoint, Precision precision, Check check) {
    Path model = model(checkpoint);
    for (Map.Entry<PixelBudget, List<JsonNode>> group : cases(checkpoint).entrySet()) {
      ModelOptions options = options(precision).withPixelBudget(group.getKey());
      try (Reranker reranker = Reranker.open(model, options)) {
        group.getValue().forEach(test -> check.of(test, logit(reranker, test)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tied_gqa2", "untied_gqa1_sharded", "gqa8_f32", "heads72_f16"})
  void logitsInFloat32AreThoseOfPyTorch(String checkpoint) {
    Errors errors = new Errors();
    each(
        checkpoint,
        Precision.F32,
        (test, logit) -> {
          double expected = test.path("logit").asDouble();
          errors.add(logit - expected);
          assertThat(Math.abs(logit - expected))
              .as("%s, %s", checkpoint, test.path("name").asString())
              .isLessThanOrEqualTo(TOLERANCE * Math.max(1, Math.abs(expected)));
        });
    errors.print(checkpoint + ", float32 operands on fake CUDA");
    assertThat(errors.count).isGreaterThan(10);
  }

  @Test
  void logitsInBfloat16ErrNoMoreThanThoseOfPyTorch() {
    requireErrorsNoLargerThan(
        "logit_bf16",
        "PyTorch in bf16",
        "bf16 operands on fake CUDA",
        Precision.BF16,
        List.of("tied_gqa2", "untied_gqa1_sharded", "gqa8_f32", "heads72_f16"));
  }

  /** They are widened, so that activations keep more than the format's own arithmetic does. */
  @Test
  void logitsOfIntegersErrLessThanTheFormatDoes() {
    requireErrorsNoLargerThan(
        "logit_w8a8_bf16",
        "PyTorch in bf16 with activations of quantised layers in 8 bits",
        "W8A8, bf16 operands on fake CUDA",
        Precision.AUTO,
        List.of("w8a8_all", "w8a8_text"));
  }

  /**
   * @param field of the cases that has the logits of the peer
   */
  private void requireErrorsNoLargerThan(
      String field,
      String peerName,
      String ownName,
      Precision precision,
      List<String> checkpoints) {
    Errors own = new Errors();
    Errors peer = new Errors();
    for (String checkpoint : checkpoints) {
      each(
          checkpoint,
          precision,
          (test, logit) -> {
            double truth = test.path("logit").asDouble();
            own.add(logit - truth);
            peer.add(test.path(field).asDouble() - truth);
          });
    }
    own.print(ownName);
    peer.print(peerName);
    assertThat(own.sum / own.count).as("mean").isLessThanOrEqualTo(peer.sum / peer.count);
    assertThat(own.largest).as("largest").isLessThanOrEqualTo(peer.largest);
  }

  private static final class Errors {
    private double sum;
    private double largest;
    private int count;

    void add(double error) {
      sum += Math.abs(error);
      largest = Math.max(largest, Math.abs(error));
      count++;
    }

    void print(String what) {
      System.out.printf(
          "parity: %s: logit error mean %.1e, largest %.1e over %d cases%n",
          what, sum / count, largest, count);
    }
  }

  /** A batch, prefixes that are cached, and pictures that are held change no bit. */
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
  void aGpuThatIsLostStopsTheEngine() {
    FakeCuda two = gpus.add(FakeCuda.builder().device(FakeDevice.HOPPER).device(FakeDevice.HOPPER));
    FakeProvider.use(gpus, two);
    ModelOptions both = options(Precision.BF16).withBackend(FakeProvider.NAME + ":0,1");
    try (Reranker reranker = Reranker.open(model("tied_gqa2"), both)) {
      two.failKernel("rmsNorm", 1, 700);
      assertThatExceptionOfType(RuntimeException.class)
          .isThrownBy(
              () -> logits(reranker, Content.text("red"), List.of(Content.text("a circle"))));
      assertThat(reranker.isAlive()).isFalse();
    }
  }

  private static List<Double> logits(Reranker reranker, Content query, List<Content> documents) {
    return reranker.rerank(RerankRequest.of(query, documents)).stream()
        .sorted(Comparator.comparingInt(RankedDocument::index))
        .map(RankedDocument::logit)
        .toList();
  }

  @Test
  void productsOfIntegersAreRefusedInWords() {
    assertThatExceptionOfType(ModelException.class)
        .isThrownBy(() -> Reranker.open(model("w8a8_all"), options(Precision.INT8)))
        .withMessageContaining("INT8")
        .withMessageContaining("not supported");
  }
}
