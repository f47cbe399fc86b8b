package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.checkpoints.EmbedderFiles;
import dev.vl4j.engine.model.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Vectors, and scores of models that read texts only, against Hugging Face's numbers, through the
 * public API and on every backend.
 */
@Execution(ExecutionMode.CONCURRENT)
class EmbeddingParityTest {
  private static final List<String> BACKENDS =
      List.of(System.getProperty("vl4j.test.backends", "reference,cpu").split(",", -1));

  private static final List<String> TEXT_ONLY = List.of("tied_wide", "base_names", "classifier");

  /** Of max(1, abs) of each element of a hidden state, and of a logit. */
  private static final double TOLERANCE = 2e-4;

  private static final double LEAST_COSINE = 0.999999;
  private static final double LEAST_COSINE_BF16 = 0.9995;

  @TempDir private Path directory;

  /** The one that is no checkpoint among the fixtures, but in the library. */
  private static final String DEMO = "demo_embedder";

  /** A checkpoint, and what it computes. */
  record Subject(String folder, JsonNode inputs, JsonNode pairs) {
    @Override
    public String toString() {
      return folder;
    }
  }

  private static JsonNode read(String file) {
    return JsonMapper.shared().readTree(Fixtures.ROOT.resolve(file).toFile());
  }

  static List<Subject> subjects() {
    List<Subject> subjects = new ArrayList<>();
    for (JsonNode each : Fixtures.gzipped("embeddings.json.gz")) {
      subjects.add(
          new Subject(each.path("checkpoint").asString(), each.path("cases"), each.path("none")));
    }
    textOnly().stream().filter(each -> !each.inputs.isEmpty()).forEach(subjects::add);
    JsonNode demo = Fixtures.gzipped(DEMO + ".json.gz");
    subjects.add(new Subject(DEMO, demo.path("cases"), demo.path("none")));
    return subjects;
  }

  /** A classifier has pairs alone, and a model without a head inputs alone. */
  static List<Subject> textOnly() {
    return TEXT_ONLY.stream()
        .map(name -> {
          String folder = "text_only/" + name;
          JsonNode cases = read(folder + "/cases.json");
          return new Subject(folder, cases.path("inputs"), cases.path("pairs"));
        })
        .toList();
  }

  private Embedder open(Subject subject, String backend, Precision precision) {
    ModelOptions options =
        ModelOptions.DEFAULT.withBackend(backend).withPrecision(precision).withThreads(2);
    if (subject.folder.equals(DEMO)) {
      return Embedder.openDemo(options);
    }
    Path model = directory.resolve(subject.folder + "-" + backend + "-" + precision);
    try {
      Files.createDirectories(model);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    EmbedderFiles.write(subject.folder, model);
    return Embedder.open(model, options);
  }

  private static @Nullable String instruction(JsonNode row) {
    return row.has("instruction") ? row.path("instruction").asString() : null;
  }

  private static EmbedRequest request(JsonNode row) {
    return EmbedRequest.of(List.of(Fixtures.Case.content(row.path("input"))))
        .withInstruction(instruction(row))
        .withParseSpecialTokens(row.path("parse_special_tokens").asBoolean(false));
  }

  private static int[] ints(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
  }

  private static float[] floats(JsonNode array) {
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) array.get(i).asDouble();
    }
    return values;
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double left = 0;
    double right = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      left += (double) a[i] * a[i];
      right += (double) b[i] * b[i];
    }
    return product / Math.sqrt(left * right);
  }

  private static double length(float[] vector) {
    double sum = 0;
    for (float value : vector) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void vectorsArePyTorchsInFloat32(Subject subject) {
    for (String backend : BACKENDS) {
      double worst = 1;
      try (Embedder embedder = open(subject, backend, Precision.F32)) {
        for (JsonNode row : subject.inputs) {
          String at = subject + "/" + row.path("name").asString() + " on " + backend;
          EmbedRequest request = request(row);
          assertThat(embedder.renderPrompt(request, 0))
              .as(at)
              .isEqualTo(row.path("prompt").asString());
          assertThat(embedder.promptTokens(request, 0)).as(at).isEqualTo(ints(row.path("ids")));
          float[] truth = floats(row.path("hidden"));
          assertThat(embedder.dimensions()).isEqualTo(truth.length);
          float[] hidden = embedder.embed(request.withNormalized(false)).getFirst();
          for (int i = 0; i < truth.length; i++) {
            assertThat((double) hidden[i])
                .as("%s, element %d", at, i)
                .isCloseTo(truth[i], within(truth[i]));
          }
          for (int dimensions : new int[] {1, 7, truth.length}) {
            Embeddings answer = embedder.submit(request.withDimensions(dimensions)).join();
            Embedding embedding = answer.embeddings().getFirst();
            float[] vector = embedding.vector();
            assertThat(vector).hasSize(dimensions);
            assertThat(length(vector))
                .as(at)
                .isCloseTo(1, org.assertj.core.data.Offset.offset(1e-6));
            double cosine = cosine(vector, Arrays.copyOf(truth, dimensions));
            assertThat(cosine).as(at).isGreaterThanOrEqualTo(LEAST_COSINE);
            worst = Math.min(worst, cosine);
            assertThat(embedding.promptTokens()).isEqualTo(row.path("ids").size());
            assertThat(embedding.index()).isZero();
          }
        }
      }
      System.out.printf(
          Locale.ROOT,
          "parity: %s on %s, float32: 1 - cosine %.1e at most%n",
          subject,
          backend,
          1 - worst);
    }
  }

  private static org.assertj.core.data.Offset<Double> within(double expected) {
    return org.assertj.core.data.Offset.offset(TOLERANCE * Math.max(1, Math.abs(expected)));
  }

  /** Largest distance of cosines from 1, and their sum. */
  private static final class Errors {
    private double largest;
    private double sum;
    private int count;

    void add(double cosine) {
      largest = Math.max(largest, 1 - cosine);
      sum += 1 - cosine;
      count++;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "1 - cosine mean %.1e, largest %.1e over %d", sum / count, largest, count);
    }
  }

  @Test
  void bfloat16ErrsNoMoreThanPyTorchInBfloat16() {
    for (String backend : BACKENDS) {
      Errors own = new Errors();
      Errors peer = new Errors();
      for (Subject subject : subjects()) {
        try (Embedder embedder = open(subject, backend, Precision.BF16)) {
          for (JsonNode row : subject.inputs) {
            float[] truth = floats(row.path("hidden"));
            own.add(cosine(embedder.embed(request(row)).getFirst(), truth));
            peer.add(cosine(floats(row.path("hidden_bf16")), truth));
          }
        }
      }
      System.out.println("parity: vectors in bf16 on " + backend + ": " + own);
      System.out.println("parity: vectors in bf16 by PyTorch: " + peer);
      assertThat(1 - own.largest).isGreaterThanOrEqualTo(LEAST_COSINE_BF16);
      assertThat(own.largest).isLessThanOrEqualTo(peer.largest);
      assertThat(own.sum).isLessThanOrEqualTo(peer.sum);
    }
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void vectorsAreBitwiseTheSameInAnyBatch(Subject subject) {
    List<EmbedRequest> requests = new ArrayList<>();
    subject.inputs.forEach(row -> requests.add(request(row)));
    try (Embedder embedder = open(subject, "cpu", Precision.BF16)) {
      List<float[]> alone = requests.stream().map(each -> embedder.embed(each).getFirst()).toList();
      List<Embeddings> beside =
          Stream.concat(requests.stream(), requests.reversed().stream())
              .map(embedder::submit)
              .toList()
              .stream()
              .map(future -> future.join())
              .toList();
      for (int i = 0; i < beside.size(); i++) {
        int request = i < alone.size() ? i : beside.size() - 1 - i;
        assertThat(beside.get(i).vectors().getFirst())
            .as("%s, request %d", subject, request)
            .isEqualTo(alone.get(request));
      }
    }
  }

  /** The text tower is the same as that of a vision-language model, without its vision tower. */
  @ParameterizedTest
  @MethodSource("textOnly")
  void textOnlyScoresArePyTorchs(Subject subject) throws IOException {
    for (String backend : BACKENDS) {
      Path model = Files.createDirectories(directory.resolve("reranker-" + backend));
      if (subject.pairs.isEmpty()) {
        assertThat(subject.folder).isEqualTo("text_only/base_names");
        continue;
      }
      Fixtures.copy(subject.folder, model);
      for (Precision precision : List.of(Precision.F32, Precision.BF16)) {
        ModelOptions options =
            ModelOptions.DEFAULT
                .withBackend(backend)
                .withPrecision(precision)
                .withAllowUndeclared(true);
        try (Reranker reranker = Reranker.open(model, options)) {
          double own = 0;
          double peer = 0;
          for (JsonNode row : subject.pairs) {
            String at = subject + "/" + row.path("name").asString() + " on " + backend;
            RerankRequest request =
                RerankRequest.of(
                        Fixtures.Case.content(row.path("query")),
                        List.of(Fixtures.Case.content(row.path("document"))))
                    .withInstruction(instruction(row));
            assertThat(reranker.renderPrompt(request, 0))
                .as(at)
                .isEqualTo(row.path("prompt").asString());
            assertThat(reranker.promptTokens(request, 0)).as(at).isEqualTo(ints(row.path("ids")));
            double truth = row.path("logit").asDouble();
            double logit = reranker.rerank(request).getFirst().logit();
            if (precision == Precision.F32) {
              assertThat(logit).as(at).isCloseTo(truth, within(truth));
            }
            own += Math.abs(logit - truth);
            peer += Math.abs(row.path("logit_bf16").asDouble() - truth);
          }
          System.out.printf(
              Locale.ROOT,
              "parity: %s on %s, %s: logit error mean %.1e, PyTorch bf16 %.1e%n",
              subject,
              backend,
              precision,
              own / subject.pairs.size(),
              peer / subject.pairs.size());
          assertThat(own).isLessThanOrEqualTo(peer);
        }
      }
    }
  }
}
