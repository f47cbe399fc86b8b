package dev.vl4j.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.checkpoints.EditedCheckpoint;
import dev.vl4j.engine.checkpoints.EditedCheckpoint.Tensor;
import dev.vl4j.engine.model.Fixtures.Case;
import dev.vl4j.engine.model.config.HeadConfig;
import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.loader.ModelDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Makes the checkpoints that {@code bench/reference/variants.py} describes, and holds their logits
 * and scores against those of Hugging Face transformers in float32.
 */
class CheckpointVariantsTest {
  /** A tenth of the other fixtures' tolerance, since GELUs differ by no more than that. */
  private static final double TOLERANCE = 2e-5;

  private static final JsonNode VARIANTS =
      JsonMapper.shared().readTree(Fixtures.ROOT.resolve("variants.json").toFile());

  @TempDir Path scratch;

  @TestFactory
  Stream<DynamicTest> logitsAreThoseOfTransformers() {
    return VARIANTS.properties().stream()
        .map(entry ->
            DynamicTest.dynamicTest(entry.getKey(), () -> check(entry.getKey(), entry.getValue())));
  }

  private void check(String name, JsonNode variant) {
    ModelDirectory directory = make(variant, scratch.resolve(name));
    Map<String, PreparedPrompt> prompts = new HashMap<>();
    for (Case test : Fixtures.cases(variant.path("base").asString())) {
      prompts.put(test.name(), test.prepare());
    }
    for (String backend : Fixtures.BACKENDS) {
      double largest = 0;
      try (TestModel model =
          TestModel.open(
              directory,
              backend,
              2,
              Precision.F32,
              directory.trueTokenId().orElseThrow(),
              directory.falseTokenId().orElseThrow(),
              CachingOptions.DEFAULT)) {
        HeadConfig head = ModelConfig.read(directory.config()).head();
        for (Map.Entry<String, JsonNode> result : variant.path("results").properties()) {
          double logit = model.logits(List.of(prompts.get(result.getKey())))[0];
          double wanted = result.getValue().path("logit").asDouble();
          String at = "%s on %s: %s".formatted(name, backend, result.getKey());
          assertThat(logit)
              .as(at)
              .isCloseTo(wanted, Offset.offset(TOLERANCE * Math.max(1, Math.abs(wanted))));
          double score = result.getValue().path("score").asDouble();
          assertThat(head.score(logit))
              .as(at)
              .isCloseTo(score, Offset.offset(TOLERANCE * Math.max(1, Math.abs(score))));
          largest = Math.max(largest, Math.abs(logit - wanted));
        }
      }
      System.out.printf("variants: %s on %s: largest logit error %.1e%n", name, backend, largest);
    }
  }

  private static ModelDirectory make(JsonNode variant, Path directory) {
    EditedCheckpoint checkpoint = new EditedCheckpoint(variant.path("base").asString(), directory);
    variant
        .path("config")
        .properties()
        .forEach(change -> checkpoint.configure(change.getKey(), change.getValue()));
    Map<String, Tensor> tensors = checkpoint.tensors();
    Tensor embeddings = tensors.get("model.language_model.embed_tokens.weight");
    for (Map.Entry<String, JsonNode> made : variant.path("tensors").properties()) {
      JsonNode how = made.getValue();
      List<Integer> rows = new ArrayList<>();
      how.path("rows").forEach(row -> rows.add(row.intValue()));
      tensors.put(
          made.getKey(),
          how.has("roll")
              ? embeddings.rolled(how.path("roll").intValue())
              : embeddings.rows(rows.stream().mapToInt(Integer::intValue).toArray()));
    }
    variant.path("drop").forEach(name -> tensors.remove(name.asString()));
    variant
        .path("rename")
        .properties()
        .forEach(change ->
            checkpoint.rename(name ->
                name.startsWith(change.getKey())
                    ? change.getValue().asString() + name.substring(change.getKey().length())
                    : name));
    return ModelDirectory.open(checkpoint.writeTensors().directory());
  }
}
