package dev.vl4j.server.api;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.Truncation;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The body of {@code /v2/embed}, Cohere's form.
 *
 * @param inputs what is embedded
 * @param texts what the answer repeats, or null
 * @param instruction what the vectors are for, or null for the model's default
 * @param dimensions of the vectors; 0 for all
 * @param forms in which vectors are wanted, at least one
 * @param isQuery whether the inputs are what is searched for
 * @param truncation what becomes of prompts that are too long
 * @param maxTokens of a prompt, beyond which it is too long; 0 for the model's own limit
 */
public record CohereEmbedBody(
    @Nullable String model,
    List<ContentBody> inputs,
    @Nullable List<String> texts,
    @Nullable String instruction,
    int dimensions,
    Set<VectorForm> forms,
    boolean isQuery,
    Truncation truncation,
    int maxTokens) {
  /**
   * @throws ApiException if the body cannot be answered
   */
  public static CohereEmbedBody read(Fields fields) {
    CommonFields.refusePriority(fields);
    Truncation truncation =
        switch (fields.oneOf("truncate", "END", "NONE", "START")) {
          case "NONE" -> Truncation.NONE;
          case "START" -> Truncation.START;
          default -> Truncation.END;
        };
    String inputType =
        fields.oneOf(
            "input_type",
            "search_document",
            "search_query",
            "classification",
            "clustering",
            "image");
    Contents contents = new Contents(fields);
    List<ContentBody> inputs = new ArrayList<>();
    List<String> texts = null;
    int sources = 0;
    for (String source : List.of("texts", "images", "inputs")) {
      JsonNode list = fields.get(source);
      if (list == null) {
        continue;
      }
      sources++;
      String path = "body." + source;
      if (!list.isArray()) {
        fields.reject("list_type", path, "expected a list, found " + Violation.shown(list), list);
        continue;
      }
      for (JsonNode item : list.values()) {
        String place = path + "." + inputs.size();
        inputs.add(
            switch (source) {
              case "texts" -> ContentBody.text(fields.string(item, place));
              case "images" ->
                  new ContentBody(
                      List.of(
                          ImageUrl.orBase64(
                              fields.string(item, place), place.substring("body.".length()))),
                      List.of());
              default -> contents.one(item, place);
            });
      }
      texts =
          source.equals("texts")
              ? inputs.stream().map(input -> input.texts().getFirst()).toList()
              : null;
    }
    CohereEmbedBody body =
        new CohereEmbedBody(
            fields.string("model"),
            inputs,
            texts,
            fields.string("instruction"),
            fields.atLeast("output_dimension", 1, 0),
            forms(fields),
            inputType.equals("search_query"),
            truncation,
            fields.atLeast("max_tokens", 1, 0));
    fields.finish();
    if (sources != 1 || inputs.isEmpty()) {
      throw ApiException.badRequest(
          "expected one of texts, images and inputs, with one input at least", null, null);
    }
    return body;
  }

  private static Set<VectorForm> forms(Fields fields) {
    JsonNode named = fields.get("embedding_types");
    Set<VectorForm> forms = EnumSet.noneOf(VectorForm.class);
    int index = 0;
    for (JsonNode item : named != null && named.isArray() ? named.values() : List.<JsonNode>of()) {
      String path = "body.embedding_types." + index++;
      String spelling = fields.string(item, path);
      VectorForm found = VectorForm.spelled(spelling);
      if (found != null) {
        forms.add(found);
      } else if (!spelling.isEmpty()) {
        fields.reject(
            "literal_error",
            path,
            "expected float, int8, uint8, binary, ubinary or base64, found " + spelling,
            item);
      }
    }
    if (named != null && !named.isArray()) {
      fields.refuse("embedding_types", "expected a list, found " + Violation.shown(named));
    }
    return forms.isEmpty() ? EnumSet.of(VectorForm.FLOAT) : forms;
  }

  /** The pictures that the request names. */
  public List<ImageUrl> images() {
    return ContentBody.images(List.of(), inputs);
  }

  /** Whether a vector is wanted with a bit for each element. */
  public boolean packsBits() {
    return forms.stream().anyMatch(VectorForm::packsBits);
  }

  /**
   * What the engine is asked.
   *
   * @param pictures behind {@link #images}
   * @param queryInstruction of queries that come with none, or null for the model's default
   * @param maxModelLen tokens that a prompt may have in any case
   */
  public EmbedRequest request(
      Map<ImageUrl, Part> pictures, @Nullable String queryInstruction, int maxModelLen) {
    List<Content> contents = inputs.stream().map(input -> input.content(pictures)).toList();
    return EmbedRequest.of(contents)
        .withInstruction(instruction == null && isQuery ? queryInstruction : instruction)
        .withDimensions(dimensions)
        .withMaxPromptTokens(Math.min(maxTokens, maxModelLen))
        .withTruncation(truncation);
  }
}
