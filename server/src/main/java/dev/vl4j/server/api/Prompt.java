package dev.vl4j.server.api;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** A prompt that is complete already: nothing is put around it. */
public sealed interface Prompt {
  /** Text in which control-token strings act as control tokens. */
  record Text(String text) implements Prompt {}

  /** Token ids, {@code [tokens]}. */
  @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
  record Ids(int[] ids) implements Prompt {}

  /** A string, a list of strings, a list of token ids, or a list of such lists. */
  static List<Prompt> list(Fields fields, JsonNode value, String path) {
    if (!value.isArray()) {
      return List.of(new Text(fields.string(value, path)));
    }
    if (!value.isEmpty() && value.get(0).isIntegralNumber()) {
      return List.of(new Ids(ids(fields, value, path)));
    }
    List<Prompt> prompts = new ArrayList<>();
    for (JsonNode item : value.values()) {
      String place = path + "." + prompts.size();
      prompts.add(
          item.isArray()
              ? new Ids(ids(fields, item, place))
              : new Text(fields.string(item, place)));
    }
    return prompts;
  }

  /** Token ids; anything else is reported, and stands for none. */
  static int[] ids(Fields fields, JsonNode value, String path) {
    if (!value.isArray()) {
      if (!value.isMissingNode()) {
        fields.reject(
            "list_type",
            path,
            "expected a list of integers, found " + Violation.shown(value),
            value);
      }
      return new int[0];
    }
    int[] ids = new int[value.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = fields.integer(value.get(i), path + "." + i);
    }
    return ids;
  }
}
