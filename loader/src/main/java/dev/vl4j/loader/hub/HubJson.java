package dev.vl4j.loader.hub;

import dev.vl4j.loader.JsonReason;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** JSON that a hub or Python wrote; fields that are not asked for are left alone. */
final class HubJson {
  static final JsonMapper MAPPER = JsonMapper.builder().build();

  private HubJson() {}

  static JsonNode parse(byte[] bytes, String source) {
    try {
      return MAPPER.readTree(bytes);
    } catch (JacksonException e) {
      throw new HubException(
          "%s: is not valid JSON: %s".formatted(source, JsonReason.of(e.getOriginalMessage())), e);
    }
  }

  static String string(JsonNode node, String field, String source) {
    String found = optionalString(node, field);
    if (found == null) {
      throw new HubException("%s: %s: expected a string, found none".formatted(source, field));
    }
    return found;
  }

  static @Nullable String optionalString(JsonNode node, String field) {
    JsonNode found = node.get(field);
    return found != null && found.isString() ? found.stringValue() : null;
  }

  static long number(JsonNode node, String field, String source) {
    JsonNode found = node.get(field);
    if (found == null || !found.isIntegralNumber() || !found.canConvertToLong()) {
      throw new HubException("%s: %s: expected an integer, found none".formatted(source, field));
    }
    return found.longValue();
  }
}
