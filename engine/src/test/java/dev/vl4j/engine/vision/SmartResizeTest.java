package dev.vl4j.engine.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.model.Fixtures;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

class SmartResizeTest {
  private final JsonNode root = Fixtures.gzipped("smart_resize.json.gz");

  /** qwen-vl-utils for the official rules, transformers for vLLM's. */
  @ParameterizedTest
  @EnumSource
  void everySizeIsTheReferences(ImageRules rules) {
    int sizes = 0;
    int errors = 0;
    for (JsonNode row : root.path("rows")) {
      if (row.has("error")) {
        assertThatThrownBy(() -> size(row, rules))
            .as(row.toString())
            .isInstanceOf(InvalidRequestException.class)
            .hasMessageContaining(row.path("width") + " x " + row.path("height"));
        errors++;
      } else {
        JsonNode out = row.path(rules.name());
        SmartResize.Size size = size(row, rules);
        if (out.isNull()) {
          // The script fails: it shrinks a side to nothing.
          assertThat(size.height()).as(row.toString()).isPositive();
          assertThat(size.width()).as(row.toString()).isPositive();
          continue;
        }
        assertThat(size)
            .as(row.toString())
            .isEqualTo(new SmartResize.Size(out.path(0).asInt(), out.path(1).asInt()));
        sizes++;
      }
    }
    assertThat(sizes).isGreaterThan(200);
    assertThat(errors).isPositive();
  }

  /** Only a side that is nearer to 0 than to the factor tells the rules apart. */
  @Test
  void rulesDifferInStripsAlone() {
    int strips = 0;
    for (JsonNode row : root.path("rows")) {
      JsonNode official = row.path("OFFICIAL");
      if (official.isArray() && !official.equals(row.path("VLLM"))) {
        assertThat(Math.min(row.path("height").asInt(), row.path("width").asInt()))
            .as(row.toString())
            .isLessThanOrEqualTo(root.path("factor").asInt() / 2);
        strips++;
      }
    }
    assertThat(strips).isGreaterThan(10);
  }

  private SmartResize.Size size(JsonNode row, ImageRules rules) {
    return SmartResize.size(
        row.path("height").asInt(),
        row.path("width").asInt(),
        root.path("factor").asInt(),
        row.path("min_pixels").asInt(),
        row.path("max_pixels").asInt(),
        rules);
  }
}
