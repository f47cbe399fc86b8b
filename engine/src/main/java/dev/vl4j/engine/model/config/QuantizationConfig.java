package dev.vl4j.engine.model.config;

import dev.vl4j.engine.ModelException;
import dev.vl4j.loader.JsonFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * What {@code config.json} says about quantised weights. One format is supported, int8 of <a
 * href="https://github.com/vllm-project/compressed-tensors">compressed-tensors</a> as
 * llm-compressor writes it for its scheme W8A8: weights with a scale for each output channel,
 * activations quantised token by token when they come. Anything else is refused by the name of its
 * field.
 */
public final class QuantizationConfig {
  /** Where it may stand; the second name is an older one. */
  private static final List<String> PLACES =
      List.of(
          "quantization_config",
          "compression_config",
          "text_config.quantization_config",
          "text_config.compression_config");

  /** Where other programs put theirs. */
  private static final List<String> FOREIGN_PLACES =
      List.of("quantization", "vision_config.quantization_config");

  /** Marks a pattern among names. */
  private static final String PATTERN = "re:";

  /** What was recorded of how the checkpoint was made, without bearing on how it is read. */
  private static final Set<String> NOTES =
      Set.of("version", "global_compression_ratio", "run_compressed");

  private static final Set<String> ARGUMENT_NOTES =
      Set.of("observer", "observer_kwargs", "scale_dtype", "zp_dtype");

  /** Orders of columns in which weights were rounded; the stored order is the usual one. */
  private static final Set<String> HARMLESS_ORDERS = Set.of("weight", "static");

  private final JsonFile config;
  private final String place;
  private final List<String> names = new ArrayList<>();
  private final List<Pattern> patterns = new ArrayList<>();

  private QuantizationConfig(JsonFile config, String place) {
    this.config = config;
    this.place = place;
    String at = place + ".";
    expect(at + "quant_method", config.optString(at + "quant_method"), "compressed-tensors");
    expect(at + "format", config.optString(at + "format"), "int-quantized");
    String status = config.optString(at + "quantization_status");
    check(status == null || status.equals("compressed"), at + "quantization_status", "compressed");
    absent(at + "kv_cache_scheme");
    dense(at + "sparsity_config");
    empty(at + "transform_config");
    readIgnore(at + "ignore");
    readGroup(at + "config_groups");
    known(
        place,
        NOTES,
        "quant_method",
        "format",
        "quantization_status",
        "kv_cache_scheme",
        "sparsity_config",
        "transform_config",
        "ignore",
        "config_groups");
  }

  /**
   * Reads and checks it.
   *
   * @return null if the configuration declares nothing quantised
   * @throws ModelException if it declares something that is not supported
   */
  public static @Nullable QuantizationConfig read(JsonFile config) {
    for (String place : FOREIGN_PLACES) {
      if (config.has(place)) {
        throw ConfigRefusal.of(
            config, place, "nothing, or quantization_config of compressed-tensors", "a value");
      }
    }
    List<String> found = PLACES.stream().filter(config::has).toList();
    if (found.size() > 1) {
      throw ConfigRefusal.of(config, found.get(1), "nothing beside " + found.getFirst(), "a value");
    }
    return found.isEmpty() ? null : new QuantizationConfig(config, found.getFirst());
  }

  /** Whether the weight of a linear layer is stored in int8. */
  public boolean quantises(String module) {
    // As re.match in Python: from the start, but not necessarily to the end.
    return !names.contains(module)
        && patterns.stream().map(pattern -> pattern.matcher(module)).noneMatch(Matcher::lookingAt);
  }

  /** Name of the field that lists layers which are not quantised. */
  public String ignoreField() {
    return place + ".ignore";
  }

  private void readIgnore(String field) {
    for (String entry : config.has(field) ? config.requireStrings(field) : List.<String>of()) {
      if (!entry.startsWith(PATTERN)) {
        names.add(TensorNames.canonical(entry));
        continue;
      }
      try {
        patterns.add(Pattern.compile(entry.substring(PATTERN.length())));
      } catch (PatternSyntaxException e) {
        throw new ModelException(
            "%s: %s: expected a regular expression after %s, found %s (%s)"
                .formatted(config.path(), field, PATTERN, entry, e.getDescription()),
            e);
      }
    }
  }

  private void readGroup(String field) {
    Set<String> groups = config.section(field).keys();
    check(groups.size() == 1, field, "one group", groups.size() + " groups");
    String group = field + "." + groups.iterator().next();
    List<String> targets = config.requireStrings(group + ".targets");
    check(targets.equals(List.of("Linear")), group + ".targets", "[Linear]", targets);
    String format = config.optString(group + ".format");
    check(format == null || format.equals("int-quantized"), group + ".format", "int-quantized");
    absent(group + ".output_activations");
    readArguments(group + ".weights", "channel", false);
    readArguments(group + ".input_activations", "token", true);
    known(
        group, Set.of(), "targets", "format", "output_activations", "weights", "input_activations");
  }

  private void readArguments(String group, String strategy, boolean dynamic) {
    String at = group + ".";
    int bits = config.section(group).requireInt("num_bits");
    check(bits == 8, at + "num_bits", "8", bits);
    expect(at + "type", config.optString(at + "type"), "int");
    boolean symmetric = config.requireBoolean(at + "symmetric");
    check(symmetric, at + "symmetric", "true", symmetric);
    expect(at + "strategy", config.optString(at + "strategy"), strategy);
    Boolean found = config.optBoolean(at + "dynamic");
    check((found != null && found) == dynamic, at + "dynamic", String.valueOf(dynamic), found);
    // -1 is an older way to say that a group is a whole channel.
    int size = config.optInt(at + "group_size").orElse(-1);
    check(size == -1, at + "group_size", "null", size);
    absent(at + "block_structure");
    readOrder(at + "actorder");
    known(
        group,
        ARGUMENT_NOTES,
        "num_bits",
        "type",
        "symmetric",
        "strategy",
        "dynamic",
        "group_size",
        "block_structure",
        "actorder");
  }

  private void readOrder(String field) {
    String order = config.optString(field);
    check(order == null || HARMLESS_ORDERS.contains(order), field, "null, weight or static", order);
  }

  private void dense(String field) {
    if (config.has(field) && !config.section(field).keys().isEmpty()) {
      expect(field + ".format", config.optString(field + ".format"), "dense");
    }
  }

  private void empty(String field) {
    Set<String> keys = config.has(field) ? config.section(field).keys() : Set.of();
    check(keys.isEmpty(), field, "null", keys);
  }

  private void absent(String field) {
    check(!config.has(field), field, "null", "a value");
  }

  /** A field that is not known might say anything. */
  private void known(String section, Set<String> notes, String... fields) {
    for (String key : config.section(section).keys()) {
      String field = section + "." + key;
      if (!notes.contains(key) && !List.of(fields).contains(key) && config.has(field)) {
        throw ConfigRefusal.of(config, field, "no such field", "a value");
      }
    }
  }

  private void expect(String field, @Nullable String found, String expected) {
    check(expected.equals(found), field, expected, found);
  }

  private void check(boolean holds, String field, String expected) {
    check(holds, field, expected, config.optString(field));
  }

  private void check(boolean holds, String field, String expected, @Nullable Object found) {
    if (!holds) {
      throw ConfigRefusal.of(config, field, expected, found == null ? "nothing" : found);
    }
  }
}
