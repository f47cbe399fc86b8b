package dev.vl4j.server.cli;

import dev.vl4j.engine.PixelBudget;
import dev.vl4j.server.api.Json;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Options of {@code vllm serve} whose values are JSON. */
final class JsonOptions {
  private static final List<JsonNode> ARCHITECTURES =
      List.of(
          JsonMapper.shared().readTree("[\"Qwen3VLForSequenceClassification\"]"),
          JsonMapper.shared().readTree("[\"Qwen3ForSequenceClassification\"]"));
  private static final JsonNode NO_AND_YES = JsonMapper.shared().readTree("[\"no\",\"yes\"]");

  private JsonOptions() {}

  /**
   * {@code --hf-overrides}: what vLLM must be told to take a checkpoint for a reranker, or to
   * shorten vectors, which any embedding model does here; and nothing else.
   */
  static void checkOverrides(String option, String json) {
    for (Map.Entry<String, JsonNode> entry : object(option, json).properties()) {
      JsonNode value = entry.getValue();
      boolean supported =
          switch (entry.getKey()) {
            case "architectures" -> ARCHITECTURES.contains(value);
            case "classifier_from_token" -> value.equals(NO_AND_YES);
            case "is_original_qwen3_reranker" -> value.isBoolean() && value.booleanValue();
            case "num_labels" -> value.isInt() && value.intValue() == 1;
            case "is_matryoshka" -> value.isBoolean();
            case "matryoshka_dimensions" ->
                value.isArray() && value.values().stream().allMatch(JsonNode::isInt);
            default -> false;
          };
      if (!supported) {
        throw new CliException(
            "%s: %s = %s is not supported".formatted(option, entry.getKey(), value));
      }
    }
  }

  /** {@code --mm-processor-kwargs}: how large pictures may be. */
  static PixelBudget pixels(String option, String json) {
    JsonNode object = object(option, json);
    refuseOthers(option, object, Set.of("min_pixels", "max_pixels"));
    int min = count(option, object, "min_pixels", 0);
    int max = count(option, object, "max_pixels", 0);
    if (max != 0 && min > max) {
      throw new CliException(
          "%s: min_pixels: expected max_pixels (%d) at most, found %d".formatted(option, max, min));
    }
    return new PixelBudget(min, max);
  }

  /**
   * {@code --limit-mm-per-prompt}: pictures or videos in a query and a document together.
   *
   * @param kind {@code image} or {@code video}
   */
  static int media(String option, @Nullable String json, String kind) {
    if (json == null) {
      return Integer.MAX_VALUE;
    }
    JsonNode object = object(option, json);
    refuseOthers(option, object, Set.of("image", "video", "audio"));
    return count(option, object, kind, Integer.MAX_VALUE);
  }

  /** {@code --allowed-origins}: a list of strings. */
  static List<String> strings(String option, String json) {
    JsonNode list = parse(option, json);
    if (!list.isArray() || list.values().stream().anyMatch(item -> !item.isString())) {
      throw new CliException(option + ": expected a JSON list of strings, found " + json);
    }
    return list.values().stream().map(JsonNode::stringValue).toList();
  }

  private static JsonNode object(String option, String json) {
    JsonNode object = parse(option, json);
    if (!object.isObject()) {
      throw new CliException(option + ": expected a JSON object, found " + json);
    }
    return object;
  }

  private static JsonNode parse(String option, String json) {
    try {
      return JsonMapper.shared().readTree(json);
    } catch (JacksonException e) {
      throw new CliException(option + ": " + Json.reason(e), e);
    }
  }

  private static void refuseOthers(String option, JsonNode object, Set<String> known) {
    for (String name : object.propertyNames()) {
      if (!known.contains(name)) {
        throw new CliException("%s: %s is not supported".formatted(option, name));
      }
    }
  }

  private static int count(String option, JsonNode object, String name, int absent) {
    JsonNode value = object.get(name);
    if (value == null) {
      return absent;
    }
    if (!value.isInt() || value.intValue() < 0) {
      throw new CliException(
          "%s: %s: expected an integer of 0 or more, found %s".formatted(option, name, value));
    }
    return value.intValue();
  }
}
