package dev.vl4j.engine.model.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.model.Fixtures;
import dev.vl4j.loader.JsonFile;
import dev.vl4j.loader.LoaderException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What is read of {@code quantization_config}, and what is refused. */
class QuantizationConfigTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir Path directory;

  private ObjectNode config(String checkpoint) {
    Path file = Fixtures.ROOT.resolve(checkpoint).resolve("model/config.json");
    return (ObjectNode) JSON.readTree(file.toFile());
  }

  private QuantizationConfig read(ObjectNode config) {
    Path file = directory.resolve("config.json");
    try {
      Files.write(file, JSON.writeValueAsBytes(config));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return QuantizationConfig.read(JsonFile.read(file));
  }

  /** Sets a field of quantization_config, given as a JSON pointer, to a value in JSON. */
  private ObjectNode with(String pointer, String value) {
    ObjectNode config = config("w8a8_text");
    int slash = pointer.lastIndexOf('/');
    ObjectNode parent =
        (ObjectNode) config.path("quantization_config").at(pointer.substring(0, slash));
    parent.set(pointer.substring(slash + 1), JSON.readTree(value));
    return config;
  }

  @Test
  void namesAndPatternsOfLayersThatAreLeft() {
    QuantizationConfig names = read(config("w8a8_text"));
    assertThat(names.quantises("model.language_model.layers.0.self_attn.q_proj")).isTrue();
    assertThat(names.quantises("model.visual.blocks.1.attn.qkv")).isFalse();
    assertThat(names.quantises("lm_head")).isFalse();
    QuantizationConfig patterns = read(config("w8a8_all"));
    assertThat(patterns.quantises("model.visual.blocks.1.attn.qkv")).isTrue();
    assertThat(patterns.quantises("model.visual.deepstack_merger_list.0.linear_fc1")).isFalse();
    assertThat(patterns.quantises("lm_head")).isTrue();
    // As in Python, a pattern is for the start of a name.
    QuantizationConfig start = read(with("/ignore", "[\"re:lm\", \"re:visual.*\", \"lm\"]"));
    assertThat(start.quantises("lm_head")).isFalse();
    assertThat(start.quantises("model.visual.merger.linear_fc1")).isTrue();
    assertThat(read(with("/ignore", "null")).quantises("lm_head")).isTrue();
    QuantizationConfig base = read(with("/ignore", "[\"visual.merger.linear_fc1\"]"));
    assertThat(base.quantises("model.visual.merger.linear_fc1")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gqa8_f32", "heads72_f16", "tied_gqa2", "untied_gqa1_sharded"})
  void nothingIsQuantised(String checkpoint) {
    assertThat(read(config(checkpoint))).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quantization_config",
        "compression_config",
        "text_config.quantization_config",
        "text_config.compression_config"
      })
  void itMayStandInSeveralPlaces(String place) {
    ObjectNode config = config("w8a8_text");
    JsonNode moved = config.remove("quantization_config");
    int dot = place.indexOf('.');
    ObjectNode parent = dot < 0 ? config : (ObjectNode) config.path(place.substring(0, dot));
    parent.set(place.substring(dot + 1), moved);
    assertThat(read(config).quantises("lm_head")).isFalse();
    ((ObjectNode) moved).put("quant_method", "awq");
    assertRefused(config, place + ".quant_method", "awq");
  }

  @Test
  void onlyOneMayBeThere() {
    ObjectNode config = config("w8a8_text");
    config.set("compression_config", config.path("quantization_config"));
    assertRefused(config, "compression_config", "quantization_config");
  }

  @ParameterizedTest
  @ValueSource(strings = {"quantization", "vision_config"})
  void otherPlacesAreRefused(String place) {
    ObjectNode config = config("tied_gqa2");
    ObjectNode stranger = JSON.createObjectNode().put("bits", 4);
    if (place.equals("vision_config")) {
      ((ObjectNode) config.path(place)).set("quantization_config", stranger);
    } else {
      config.set(place, stranger);
    }
    assertRefused(config, place);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          /version                                       | "9"
          /global_compression_ratio                      | 0.5
          /quantization_status                           | null
          /sparsity_config                               | null
          /sparsity_config                               | {"format": "dense", "targets": []}
          /transform_config                              | null
          /something_new                                 | null
          /config_groups/group_0/format                  | null
          /config_groups/group_0/weights/group_size      | -1
          /config_groups/group_0/weights/actorder        | "static"
          /config_groups/group_0/weights/actorder        | "weight"
          /config_groups/group_0/weights/observer        | "mse"
          /config_groups/group_0/weights/observer_kwargs | {"averaging_constant": 0.01}
          /config_groups/group_0/weights/scale_dtype     | "torch.bfloat16"
          /config_groups/group_0/weights/dynamic         | null
          """)
  void harmlessFields(String pointer, String value) {
    assertThat(read(with(pointer, value)).quantises("x")).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          /quant_method                                      | "gptq"
          /quant_method                                      | "awq"
          /quant_method                                      | "fp8"
          /quant_method                                      | "bitsandbytes"
          /quant_method                                      | "gguf"
          /quant_method                                      | "modelopt"
          /quant_method                                      | null
          /format                                            | "pack-quantized"
          /format                                            | "float-quantized"
          /format                                            | "naive-quantized"
          /format                                            | "mixed-precision"
          /format                                            | null
          /quantization_status                               | "frozen"
          /kv_cache_scheme                                   | {"num_bits": 8}
          /sparsity_config                                   | {"format": "sparse-24-bitmask"}
          /transform_config                                  | {"config_groups": {}}
          /something_new                                     | true
          /ignore                                            | "lm_head"
          /ignore                                            | ["re:("]
          /config_groups                                     | {}
          /config_groups                                     | {"W8A8": ["Linear"]}
          /config_groups/group_1                             | {}
          /config_groups/group_0/targets                     | ["re:.*mlp.*"]
          /config_groups/group_0/targets                     | ["Linear", "Embedding"]
          /config_groups/group_0/format                      | "pack-quantized"
          /config_groups/group_0/output_activations          | {"num_bits": 8}
          /config_groups/group_0/something_new               | 1
          /config_groups/group_0/weights                     | null
          /config_groups/group_0/weights/num_bits            | 4
          /config_groups/group_0/weights/num_bits            | {"mlp": 8}
          /config_groups/group_0/weights/type                | "float"
          /config_groups/group_0/weights/symmetric           | false
          /config_groups/group_0/weights/strategy            | "tensor"
          /config_groups/group_0/weights/strategy            | "group"
          /config_groups/group_0/weights/strategy            | "block"
          /config_groups/group_0/weights/strategy            | null
          /config_groups/group_0/weights/dynamic             | true
          /config_groups/group_0/weights/group_size          | 128
          /config_groups/group_0/weights/block_structure     | [128, 128]
          /config_groups/group_0/weights/actorder            | "group"
          /config_groups/group_0/weights/actorder            | "dynamic"
          /config_groups/group_0/weights/actorder            | true
          /config_groups/group_0/weights/something_new       | 1
          /config_groups/group_0/input_activations           | null
          /config_groups/group_0/input_activations/num_bits  | 4
          /config_groups/group_0/input_activations/type      | "float"
          /config_groups/group_0/input_activations/symmetric | false
          /config_groups/group_0/input_activations/strategy  | "tensor"
          /config_groups/group_0/input_activations/strategy  | "group"
          /config_groups/group_0/input_activations/dynamic   | false
          /config_groups/group_0/input_activations/dynamic   | "local"
          /config_groups/group_0/input_activations/dynamic   | null
          """)
  void refusals(String pointer, String value) {
    String field = pointer.substring(1).replace('/', '.');
    // A second group is refused where groups are counted.
    String named = field.endsWith("group_1") ? "config_groups" : field;
    assertRefused(with(pointer, value), "quantization_config." + named, "expected", "found");
  }

  @Test
  void aRefusalSaysWhatWasExpectedAndFound() {
    ObjectNode config = with("/config_groups/group_0/weights/strategy", "\"group\"");
    assertThatThrownBy(() -> read(config))
        .hasMessage(
            directory.resolve("config.json")
                + ": quantization_config.config_groups.group_0.weights.strategy:"
                + " expected channel, found group");
  }

  private void assertRefused(ObjectNode config, String... named) {
    assertThatThrownBy(() -> read(config))
        .isInstanceOfAny(ModelException.class, LoaderException.class)
        .message()
        .doesNotContain("\n")
        .contains(named);
  }
}
