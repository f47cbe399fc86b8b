package dev.vl4j.engine.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.model.Fixtures;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class SmartResizeTest {
  @Test
  void everyRowAgreesWithHuggingFace() {
    JsonNode root = Fixtures.gzipped("smart_resize.json.gz");
    int factor = root.path("factor").asInt();
    int sizes = 0;
    int errors = 0;
    for (JsonNode row : root.path("rows")) {
      int height = row.path("height").asInt();
      int width = row.path("width").asInt();
      int min = row.path("min_pixels").asInt();
      int max = row.path("max_pixels").asInt();
      if (row.has("error")) {
        assertThatThrownBy(() -> SmartResize.size(height, width, factor, min, max))
            .as(row.toString())
            .isInstanceOf(InvalidRequestException.class)
            .hasMessageContaining(width + " x " + height);
        errors++;
      } else {
        JsonNode out = row.path("out");
        assertThat(SmartResize.size(height, width, factor, min, max))
            .as(row.toString())
            .isEqualTo(new SmartResize.Size(out.path(0).asInt(), out.path(1).asInt()));
        sizes++;
      }
    }
    assertThat(sizes).isGreaterThan(20);
    assertThat(errors).isPositive();
  }
}
