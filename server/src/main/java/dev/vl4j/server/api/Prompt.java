package dev.vl4j.server.api;

import dev.vl4j.engine.Part;
import dev.vl4j.engine.RerankRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** What the model is to read once. */
public sealed interface Prompt {
  /** The pictures that it names. */
  default List<ImageUrl> images() {
    return List.of();
  }

  /** A complete prompt, in which control-token strings act as control tokens. */
  record Text(String text) implements Prompt {}

  /** A complete prompt as token ids, {@code [tokens]}. */
  @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
  record Ids(int[] ids) implements Prompt {}

  /** A query and a document, which the model's template is put around. */
  record Chat(ScoringFields scoring, ContentBody query, ContentBody document) implements Prompt {
    @Override
    public List<ImageUrl> images() {
      return ContentBody.images(List.of(query), List.of(document));
    }

    /**
     * What the engine is asked: about one document.
     *
     * @param pictures behind {@link #images}
     */
    public RerankRequest request(Map<ImageUrl, Part> pictures) {
      return scoring.request(query.content(pictures), List.of(document.content(pictures)));
    }
  }

  /**
   * Reads the prompts of a body: {@code messages} in the form of a chat, or else what {@code field}
   * holds.
   *
   * @return at least one, if nothing is wrong with the body
   */
  static List<Prompt> read(Fields fields, String field) {
    if (fields.has("messages")) {
      return List.of(Messages.read(fields));
    }
    return list(fields, fields.required(field), "body." + field);
  }

  /** A string, a list of strings, a list of token ids, or a list of such lists. */
  private static List<Prompt> list(Fields fields, JsonNode value, String path) {
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
