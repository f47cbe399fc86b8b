package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.vl4j.engine.checkpoints.Checksums;
import dev.vl4j.engine.checkpoints.EmbedderFiles;
import dev.vl4j.engine.checkpoints.FormulaFrames;
import dev.vl4j.engine.model.Fixtures;
import dev.vl4j.testkit.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Scores and vectors of videos against Hugging Face's, by all three rules, through the API. */
@Execution(ExecutionMode.CONCURRENT)
class VideoParityTest {
  private static final JsonNode TABLES = Fixtures.videos();

  private static final double TOLERANCE = 1e-4;
  private static final double LEAST_COSINE = 0.999999;

  @TempDir private Path directory;

  private static Content content(JsonNode parts) {
    List<Part> list = new ArrayList<>();
    for (JsonNode part : parts) {
      JsonNode video = part.path("video");
      list.add(
          video.isObject()
              ? Part.video(source(video), VideoSampling.DEFAULT)
              : Fixtures.Case.content(JsonMapper.shared().createArrayNode().add(part))
                  .parts()
                  .getFirst());
    }
    return new Content(list);
  }

  private static VideoSource source(JsonNode video) {
    return new VideoSource.Frames(
        FormulaFrames.encoded(
            video.path("frames").asInt(),
            video.path("height").asInt(),
            video.path("width").asInt(),
            video.path("seed").asInt()),
        video.path("fps").asDouble(),
        "clip");
  }

  /** The reference's operations are the same for videos as for pictures, and slow. */
  private static Stream<String> backends() {
    return Seeds.thorough() ? Stream.of("cpu", "reference") : Stream.of("cpu");
  }

  private static String checksum(int[] ids) {
    return Checksums.of(
        Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(",")));
  }

  /** Rows by what a model is opened with. */
  private static Map<String, List<JsonNode>> models(String table) {
    Map<String, List<JsonNode>> models = new LinkedHashMap<>();
    for (JsonNode row : TABLES.path(table)) {
      String key = row.path("checkpoint").asString() + " " + row.path("rules").asString();
      models.computeIfAbsent(key, _ -> new ArrayList<>()).add(row);
    }
    assertThat(models).hasSizeGreaterThanOrEqualTo(6);
    return models;
  }

  private static ModelOptions options(String model, String backend, Precision precision) {
    return ModelOptions.DEFAULT
        .withBackend(backend)
        .withPrecision(precision)
        .withThreads(2)
        .withVideoRules(VideoRules.valueOf(model.split(" ", -1)[1]));
  }

  @ParameterizedTest
  @MethodSource("backends")
  void scoresArePyTorchs(String backend) throws IOException {
    double worst = 0;
    double worstBf16 = 0;
    double theirsBf16 = 0;
    for (Map.Entry<String, List<JsonNode>> each : models("scores").entrySet()) {
      String checkpoint = each.getKey().split(" ", -1)[0];
      Path model = Files.createTempDirectory(directory, "model");
      Fixtures.copy(checkpoint, model);
      try (Reranker exact = Reranker.open(model, options(each.getKey(), backend, Precision.F32));
          Reranker rounded =
              Reranker.open(model, options(each.getKey(), backend, Precision.BF16))) {
        for (JsonNode row : each.getValue()) {
          String at = each.getKey() + " " + row.path("name").asString();
          RerankRequest request =
              RerankRequest.of(content(row.path("query")), List.of(content(row.path("document"))));
          int[] ids = exact.promptTokens(request, 0);
          assertThat(ids).as(at).hasSize(row.path("tokens").asInt());
          assertThat(checksum(ids)).as(at).isEqualTo(row.path("ids").asString());
          double truth = row.path("logit").asDouble();
          double logit = exact.rerank(request).getFirst().logit();
          assertThat(logit).as(at).isCloseTo(truth, within(TOLERANCE));
          worst = Math.max(worst, Math.abs(logit - truth));
          worstBf16 =
              Math.max(worstBf16, Math.abs(rounded.rerank(request).getFirst().logit() - truth));
          theirsBf16 = Math.max(theirsBf16, Math.abs(row.path("logit_bf16").asDouble() - truth));
        }
      }
    }
    System.out.printf(
        Locale.ROOT,
        "videos on %s: logits within %.1e of PyTorch's in float32; in bf16 %.1e (PyTorch's %.1e)%n",
        backend,
        worst,
        worstBf16,
        theirsBf16);
    assertThat(worstBf16).isLessThanOrEqualTo(2 * theirsBf16);
  }

  @ParameterizedTest
  @MethodSource("backends")
  void vectorsArePyTorchs(String backend) throws IOException {
    double worst = 1;
    for (Map.Entry<String, List<JsonNode>> each : models("vectors").entrySet()) {
      Path model = Files.createTempDirectory(directory, "model");
      EmbedderFiles.write(each.getKey().split(" ", -1)[0], model);
      try (Embedder embedder =
          Embedder.open(model, options(each.getKey(), backend, Precision.F32))) {
        for (JsonNode row : each.getValue()) {
          String at = each.getKey() + " " + row.path("name").asString();
          EmbedRequest request = EmbedRequest.of(List.of(content(row.path("input"))));
          int[] ids = embedder.promptTokens(request, 0);
          assertThat(checksum(ids)).as(at).isEqualTo(row.path("ids").asString());
          float[] vector = embedder.embed(request).getFirst();
          double cosine = 0;
          for (int i = 0; i < vector.length; i++) {
            cosine += vector[i] * row.path("vector").get(i).asDouble();
          }
          assertThat(cosine).as(at).isGreaterThanOrEqualTo(LEAST_COSINE);
          worst = Math.min(worst, cosine);
        }
      }
    }
    System.out.printf(
        Locale.ROOT, "videos on %s: 1 - cosine %.1e at most in float32%n", backend, 1 - worst);
  }

  @Test
  void promptsAreCutAsQwensScriptCutsThem() throws IOException {
    Path model = Files.createTempDirectory(directory, "model");
    Fixtures.copy("tied_gqa2", model);
    Map<Integer, List<JsonNode>> byLength = new LinkedHashMap<>();
    for (JsonNode row : TABLES.path("cuts")) {
      byLength.computeIfAbsent(row.path("length").asInt(), _ -> new ArrayList<>()).add(row);
    }
    assertThat(byLength).hasSizeGreaterThan(3);
    for (Map.Entry<Integer, List<JsonNode>> each : byLength.entrySet()) {
      RerankerOptions options =
          RerankerOptions.DEFAULT
              .withModel(ModelOptions.DEFAULT.withThreads(2).withPrecision(Precision.F32))
              .withMaxLength(each.getKey());
      try (Reranker reranker = Reranker.open(model, options)) {
        JsonNode last = each.getValue().getLast();
        for (JsonNode row : each.getValue()) {
          RerankRequest request =
              RerankRequest.of(content(row.path("query")), List.of(content(row.path("document"))));
          int[] ids = reranker.promptTokens(request, 0);
          assertThat(ids).as(row.toString()).hasSize(row.path("tokens").asInt());
          assertThat(checksum(ids)).as(row.toString()).isEqualTo(row.path("ids").asString());
          if (Seeds.thorough() || row == last) {
            assertThat(reranker.score(request)).hasSize(1);
          }
        }
      }
    }
  }
}
