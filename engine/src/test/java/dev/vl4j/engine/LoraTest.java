package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.vl4j.engine.model.Fixtures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Adapters against PEFT's merged models. */
class LoraTest {
  private static final double TOLERANCE = 1e-5;

  @TempDir private Path directory;

  private static JsonNode json(Path file) {
    return JsonMapper.shared().readTree(file.toFile());
  }

  private static Path adapter(String name) {
    return Fixtures.ROOT.resolve("lora").resolve(name);
  }

  private Path copy(String name) throws IOException {
    Path copy = Files.createDirectories(directory.resolve("adapter"));
    try (Stream<Path> files = Files.list(adapter(name))) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }

  private Path base(String checkpoint) throws IOException {
    Path model = Files.createDirectories(directory.resolve(checkpoint));
    Fixtures.copy(checkpoint, model);
    return model;
  }

  private static ModelOptions options(
      String backend, Precision precision, PixelBudget pixels, @Nullable Path lora) {
    return ModelOptions.DEFAULT
        .withBackend(backend)
        .withThreads(2)
        .withPrecision(precision)
        .withPixelBudget(pixels)
        .withLora(lora);
  }

  private static double logit(Path model, ModelOptions options, JsonNode pair) {
    try (Reranker reranker = Reranker.open(model, options)) {
      RerankRequest request =
          RerankRequest.of(
              Fixtures.Case.content(pair.path("query")),
              List.of(Fixtures.Case.content(pair.path("document"))));
      return reranker.rerank(request).getFirst().logit();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"language", "towers"})
  void logitsAreThoseOfTheMergedModel(String name) throws IOException {
    JsonNode root = json(adapter(name).resolve("cases.json"));
    String checkpoint = root.path("base").asString();
    Path model = base(checkpoint);
    JsonNode pairs = json(Fixtures.ROOT.resolve(checkpoint).resolve("cases.json")).path("cases");
    double largest = 0;
    double largestChange = 0;
    double rounded = 0;
    double roundedThere = 0;
    for (JsonNode row : root.path("cases")) {
      JsonNode pair =
          pairs
              .valueStream()
              .filter(each -> each.path("name").equals(row.path("name")))
              .findFirst()
              .orElseThrow();
      PixelBudget pixels =
          new PixelBudget(pair.path("min_pixels").asInt(0), pair.path("max_pixels").asInt(0));
      double truth = row.path("logit").asDouble();
      for (String backend : List.of("reference", "cpu")) {
        ModelOptions merged = options(backend, Precision.F32, pixels, adapter(name));
        double logit = logit(model, merged, pair);
        assertThat(logit)
            .as("%s/%s on %s", name, row.path("name").asString(), backend)
            .isCloseTo(truth, offset(TOLERANCE * Math.max(1, Math.abs(truth))));
        largest = Math.max(largest, Math.abs(logit - truth));
      }
      largestChange = Math.max(largestChange, Math.abs(pair.path("logit").asDouble() - truth));
      double bf16 = logit(model, options("cpu", Precision.BF16, pixels, adapter(name)), pair);
      rounded = Math.max(rounded, Math.abs(bf16 - truth));
      roundedThere = Math.max(roundedThere, Math.abs(row.path("logit_bf16").asDouble() - truth));
    }
    // Which case suffers most from rounding is chance, and another processor adds up in another
    // order.
    assertThat(rounded).as("bf16, beside PyTorch's").isLessThan(1.5 * roundedThere);
    assertThat(largestChange).as("the adapter changes something").isGreaterThan(0.5);
    System.out.printf(
        Locale.ROOT,
        "parity: adapter %s: logit error %.1e at most, bf16 %.1e (PyTorch's %.1e)%n",
        name,
        largest,
        rounded,
        roundedThere);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'\"peft_type\": \"LORA\"' | '\"peft_type\": \"IA3\"' | expected LORA, found IA3",
        "'\"use_dora\": false' | '\"use_dora\": true' | use_dora",
        "'\"modules_to_save\": null' | '\"modules_to_save\": [\"score\"]' | modules_to_save",
        "'\"bias\": \"none\"' | '\"bias\": \"all\"' | bias: expected none, found all",
        "'\"alpha_pattern\": {}' | '\"alpha_pattern\": {\"(?:(?:.*)*)*!\": 1}' | alpha_pattern:"
            + " (?:(?:.*)*)*! takes too long to match with model.language_model.layers.0",
        "'\"alpha_pattern\": {}' | '\"alpha_pattern\": {\"(\": 1}' | expected regular expressions",
      })
  void otherKindsAreRefusedByName(String from, String to, String message) throws IOException {
    Path copy = copy("language");
    Path config = copy.resolve("adapter_config.json");
    String text = Files.readString(config);
    assertThat(text).contains(from);
    Files.writeString(config, text.replace(from, to));
    refused(base("tied_gqa2"), copy, "adapter_config.json", message);
  }

  private static void refused(Path model, Path adapter, String... parts) {
    ModelOptions options =
        options("cpu", Precision.F32, PixelBudget.CHECKPOINT, adapter).withAllowUndeclared(true);
    assertThatThrownBy(() -> Reranker.open(model, options).close())
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll(parts);
  }

  @Test
  void adaptersOfOtherModelsAreRefused() throws IOException {
    refused(
        base("text_only/tied_wide"),
        adapter("towers"),
        "adapter_model.safetensors",
        "the model has no weight model.language_model.layers.0.mlp.down_proj.weight to change");
    refused(base("heads72_f16"), adapter("language"), "expected shape");
    refused(base("w8a8_text"), adapter("language"), "found I8");
    refused(base("gqa8_f32"), directory.resolve("nowhere"), "adapter_config.json");
  }

  /** Zeros in float32, by the names of modules whose shapes are [rank, 96] and [64, rank]. */
  private static void write(Path adapter, int rank, String... modules) throws IOException {
    StringBuilder header = new StringBuilder("{\"__metadata__\":{}");
    int end = 0;
    for (String module : modules) {
      for (String matrix : List.of("A.weight\",[%d,96]", "B.weight\",[64,%d]")) {
        String[] parts = matrix.formatted(rank).split("\",", -1);
        int bytes = rank * Float.BYTES * (matrix.startsWith("A") ? 96 : 64);
        header.append(
            ",\"%s.lora_%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                .formatted(module, parts[0], parts[1], end, end + bytes));
        end += bytes;
      }
    }
    byte[] text = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    Files.write(
        adapter.resolve("adapter_model.safetensors"),
        ByteBuffer.allocate(Long.BYTES + text.length + end)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(text.length)
            .put(text)
            .array());
  }

  @Test
  void changesThatMeanNothingAreRefused() throws IOException {
    Path copy = copy("language");
    Path model = base("tied_gqa2");
    String module = "language_model.layers.0.mlp.down_proj";
    String wrapped = "base_model.model.model." + module;
    write(copy, 0, wrapped);
    refused(model, copy, wrapped, "expected a rank of 1 or more, found shape [0, 96]");
    write(copy, 1, wrapped, module);
    refused(model, copy, wrapped, module, "change the same weight model." + module + ".weight");
  }

  /** Each adapter has a file of its own, and one that changes is packed again. */
  @Test
  void packedWeightsAreOfAModelWithItsAdapter() throws IOException {
    Path model = base("tied_gqa2");
    Path cache = directory.resolve("cache");
    Path adapter = copy("language");
    JsonNode pair =
        json(Fixtures.ROOT.resolve("tied_gqa2/cases.json"))
            .path("cases")
            .valueStream()
            .findFirst()
            .orElseThrow();
    ModelOptions alone = options("cpu", Precision.F32, PixelBudget.CHECKPOINT, null);
    double plain = logit(model, alone, pair);
    double merged = logit(model, alone.withLora(adapter), pair);
    assertThat(merged).isNotEqualTo(plain);
    ModelOptions packed = alone.withPackedCache(cache);
    for (int turn = 0; turn < 2; turn++) {
      assertThat(logit(model, packed, pair)).isEqualTo(plain);
      assertThat(logit(model, packed.withLora(adapter), pair)).isEqualTo(merged);
      assertThat(count(cache)).isEqualTo(2);
    }
    Path config = adapter.resolve("adapter_config.json");
    String text = Files.readString(config);
    assertThat(text).contains("\"lora_alpha\": 6");
    Files.writeString(config, text.replace("\"lora_alpha\": 6", "\"lora_alpha\": 3"));
    double weaker = logit(model, alone.withLora(adapter), pair);
    assertThat(weaker).isNotEqualTo(merged);
    assertThat(logit(model, packed.withLora(adapter), pair)).isEqualTo(weaker);
    assertThat(count(cache)).isEqualTo(3);
  }

  private static long count(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.count();
    }
  }
}
