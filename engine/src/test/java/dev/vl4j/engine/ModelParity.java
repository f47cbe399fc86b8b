package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The engine with tiny models on a backend of another module, against what PyTorch computed in
 * float32: the same fixtures and tolerances for all.
 */
public abstract class ModelParity {
  private static final Path FIXTURES = Path.of("../../engine/src/test/resources/fixtures");
  private static final double TOLERANCE = 2e-4;

  /**
   * Layers as small as these turn a rounding that falls the other way into a visible difference.
   */
  private static final double CHANCE = 1.5;

  /** Those in the format of their weights. */
  protected static final List<String> CHECKPOINTS =
      List.of("tied_gqa2", "untied_gqa1_sharded", "gqa8_f32", "heads72_f16");

  @TempDir private Path directory;

  /** For a backend's test. */
  protected ModelParity() {}

  /** The backend's name, by which models are opened. */
  protected abstract String backend();

  /** A checkpoint with its tokenizer, which all have in common. */
  protected final Path model(String checkpoint) {
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

  /** Opens models on the backend. */
  protected final ModelOptions options(Precision precision) {
    return ModelOptions.DEFAULT.withBackend(backend()).withPrecision(precision);
  }

  /** The cases of a checkpoint, by the pixels that their images may have. */
  protected static Map<PixelBudget, List<JsonNode>> cases(String checkpoint) {
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

  /** Texts and images of a case. */
  protected static Content content(JsonNode parts) {
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
  final void logitsInFloat32AreThoseOfPyTorch(String checkpoint) {
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
    errors.print(checkpoint + ", float32 operands on " + backend());
    assertThat(errors.count).isGreaterThan(10);
  }

  @Test
  final void logitsInBfloat16ErrNoMoreThanThoseOfPyTorch() {
    requireErrorsNoLargerThan(
        "logit_bf16",
        "PyTorch in bf16",
        "bf16 operands on " + backend(),
        Precision.BF16,
        CHECKPOINTS);
  }

  /** Widened, they err less: activations keep more than the format's own arithmetic does. */
  @Test
  final void logitsOfIntegersErrLessThanTheFormatDoes() {
    requireErrorsNoLargerThan(
        "logit_w8a8_bf16",
        "PyTorch in bf16 with activations of quantised layers in 8 bits",
        "W8A8, bf16 operands on " + backend(),
        Precision.BF16,
        List.of("w8a8_all", "w8a8_text"));
  }

  /**
   * The peer is the format's own arithmetic in PyTorch, a scale for each token and channel, with
   * bfloat16 between the layers; {@code bench/reference/fp8.py} computed it.
   *
   * @param checkpoints some of {@link #CHECKPOINTS}
   */
  protected final void requireFp8ErrsAsTheFormatDoes(List<String> checkpoints) {
    JsonNode peers = JsonMapper.shared().readTree(FIXTURES.resolve("fp8.json").toFile());
    Errors own = new Errors();
    Errors peer = new Errors();
    for (String checkpoint : checkpoints) {
      each(
          checkpoint,
          Precision.FP8,
          (test, logit) -> {
            double truth = test.path("logit").asDouble();
            JsonNode theirs = peers.path(checkpoint).path(test.path("name").asString());
            own.add(logit - truth);
            peer.add(theirs.path("fp8_bf16").asDouble() - truth);
          });
    }
    own.print("fp8 operands on " + backend());
    peer.print("PyTorch in bf16 with operands of linear layers in fp8");
    assertThat(own.sum / own.count).as("mean").isLessThanOrEqualTo(CHANCE * peer.sum / peer.count);
    assertThat(own.largest).as("largest").isLessThanOrEqualTo(CHANCE * peer.largest);
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
    requireErrorsNoLargerThan(field, peerName, ownName, precision, checkpoints, 1);
  }

  private void requireErrorsNoLargerThan(
      String field,
      String peerName,
      String ownName,
      Precision precision,
      List<String> checkpoints,
      double times) {
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
    assertThat(own.sum / own.count).as("mean").isLessThanOrEqualTo(times * peer.sum / peer.count);
    assertThat(own.largest).as("largest").isLessThanOrEqualTo(times * peer.largest);
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

  /** Logits of documents, in their order. */
  protected static List<Double> logits(Reranker reranker, Content query, List<Content> documents) {
    return reranker.rerank(RerankRequest.of(query, documents)).stream()
        .sorted(Comparator.comparingInt(RankedDocument::index))
        .map(RankedDocument::logit)
        .toList();
  }

  /**
   * The peer is the format's own arithmetic, in PyTorch.
   *
   * @param precision that computes with integers as they are stored
   */
  protected final void requireInt8ErrsAsTheFormatDoes(Precision precision) {
    requireErrorsNoLargerThan(
        "logit_w8a8_bf16",
        "PyTorch in bf16 with activations of quantised layers in 8 bits",
        "W8A8, %s on %s".formatted(precision, backend()),
        precision,
        List.of("w8a8_all", "w8a8_text"),
        CHANCE);
  }

  /** For a backend that multiplies none. */
  protected final void requireProductsOfIntegersRefusedInWords() {
    assertThatExceptionOfType(ModelException.class)
        .isThrownBy(() -> Reranker.open(model("w8a8_all"), options(Precision.INT8)))
        .withMessageContaining("INT8")
        .withMessageContaining("not supported");
  }
}
