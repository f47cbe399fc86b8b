package dev.vl4j.engine.model.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.model.Fixtures;
import dev.vl4j.engine.model.config.QuantizationConfig;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.ElementType;
import dev.vl4j.loader.LoaderException;
import dev.vl4j.loader.SafetensorsWriter;
import dev.vl4j.loader.SafetensorsWriter.Entry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What must lie beside integers, and what must not. Here {@code x.deepstack} is left in floats. */
class QuantizedWeightsTest {
  private static final QuantizationConfig CONFIG =
      QuantizationConfig.read(Fixtures.directory("w8a8_all").config());

  private static final Entry WEIGHT = integers("x.weight", 2, 3);
  private static final Entry SCALE = floats("x.weight_scale", List.of(2L, 1L), 0.5f, 2);

  @TempDir Path directory;

  private static Entry integers(String name, long... shape) {
    byte[] values = {-128, 0, 127, 1, 2, 3};
    return new Entry(
        name,
        ElementType.I8,
        List.of(shape[0], shape[1]),
        channel -> channel.write(ByteBuffer.wrap(values)));
  }

  private static Entry floats(String name, List<Long> shape, float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    bytes.flip();
    return new Entry(
        name, ElementType.F32, shape, channel -> channel.write(bytes.asReadOnlyBuffer()));
  }

  private Checkpoint checkpoint(Entry... entries) {
    SafetensorsWriter.write(directory.resolve("model.safetensors"), List.of(entries));
    return Checkpoint.open(directory);
  }

  private void refused(List<String> named, Entry... entries) {
    try (Checkpoint checkpoint = checkpoint(entries)) {
      assertThatThrownBy(() -> new QuantizedWeights(checkpoint, CONFIG).matrix("x.weight", 2, 3))
          .isInstanceOfAny(ModelException.class, LoaderException.class)
          .message()
          .doesNotContain("\n")
          .contains(named.toArray(new String[0]));
    }
  }

  @Test
  void integersTimesScales() {
    try (Checkpoint checkpoint = checkpoint(WEIGHT, SCALE)) {
      QuantizedWeights weights = new QuantizedWeights(checkpoint, CONFIG);
      assertThat(weights.holds("x.weight")).isTrue();
      assertThat(weights.holds("x.deepstack.weight")).isFalse();
      HostMatrix matrix = weights.matrix("x.weight", 2, 3);
      List<Float> values = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        values.add(matrix.element(i));
      }
      assertThat(values).containsExactly(-64f, 0f, 63.5f, 2f, 4f, 6f);
    }
  }

  @Test
  void scalesAreNeeded() {
    refused(List.of("x.weight_scale"), WEIGHT);
    refused(
        List.of("x.weight_scale", "[2, 1]", "[2]"),
        WEIGHT,
        floats("x.weight_scale", List.of(2L), 1, 1));
    refused(
        List.of("x.weight_scale", "[2, 1]", "[1, 1]"),
        WEIGHT,
        floats("x.weight_scale", List.of(1L, 1L), 1));
    refused(
        List.of("x.weight_scale", "expected F32, F16 or BF16, found I8"),
        WEIGHT,
        new Entry(
            "x.weight_scale",
            ElementType.I8,
            List.of(2L, 1L),
            channel -> channel.write(ByteBuffer.wrap(new byte[2]))));
  }

  @ParameterizedTest
  @ValueSource(floats = {-1, Float.NaN, Float.POSITIVE_INFINITY})
  void scalesAreNumbers(float scale) {
    refused(
        List.of("x.weight_scale", "row 1", Float.toString(scale)),
        WEIGHT,
        floats("x.weight_scale", List.of(2L, 1L), 1, scale));
  }

  @Test
  void integersAreNeeded() {
    refused(
        List.of("x.weight", "expected I8, found F32", "quantization_config.ignore"),
        floats("x.weight", List.of(2L, 3L), 1, 2, 3, 4, 5, 6),
        SCALE);
    refused(List.of("x.weight", "[2, 3]", "[3, 2]"), integers("x.weight", 3, 2), SCALE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x.weight_zero_point",
        "x.weight_g_idx",
        "x.weight_packed",
        "x.input_scale",
        "x.output_scale",
        "x.input_zero_point",
        "self_attn.k_scale"
      })
  void otherParametersAreRefused(String name) {
    refused(List.of(name, "weight_scale"), WEIGHT, SCALE, floats(name, List.of(1L), 1));
  }

  @Test
  void scalesOfALayerThatIsLeftAreRefused() {
    String name = "x.deepstack.weight_scale";
    refused(
        List.of(name, "quantization_config.ignore"),
        WEIGHT,
        SCALE,
        floats(name, List.of(2L, 1L), 1, 1));
  }
}
