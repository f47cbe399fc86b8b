package dev.vl4j.server.api;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Part;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One thing to embed, as a line of a file has it: a body of {@code /v1/embeddings} with one input,
 * or the input itself, as {@link Contents} reads it, which may have an {@code instruction}.
 *
 * @param body null if the line is the input itself
 * @param instruction of the input itself, or null for the model's default
 */
public record EmbedItem(ContentBody input, @Nullable EmbedBody body, @Nullable String instruction) {
  private static final List<String> BODY = List.of("input", "messages");
  private static final List<String> ITEM = List.of("text", "image", "content");

  /** What an input may have beside it. */
  private static final Set<String> BESIDE = Set.of("custom_id", "instruction");

  /**
   * @throws ApiException if there is nothing to embed, or more than one thing
   */
  static EmbedItem read(Fields fields) {
    List<String> found = Stream.of(BODY, ITEM).flatMap(List::stream).filter(fields::has).toList();
    if (found.stream().anyMatch(BODY::contains)) {
      if (found.size() > 1) {
        throw ApiException.badRequest(
            "expected one thing to embed, found %s: each line gets one vector"
                .formatted(String.join(" and ", found)),
            "body",
            null);
      }
      return ofBody(EmbedBody.read(fields));
    }
    if (found.isEmpty()) {
      throw ApiException.badRequest(
          "nothing to embed: expected a text, or an object with text, image, content, input or"
              + " messages",
          "body",
          null);
    }
    ContentBody input = new Contents(fields).one(fields.without(BESIDE), "body");
    String instruction = fields.string("instruction");
    fields.finish();
    return new EmbedItem(input, null, instruction);
  }

  private static EmbedItem ofBody(EmbedBody body) {
    ContentBody input =
        body.prompts().isEmpty() ? body.inputs().getFirst() : ofPrompts(body.prompts());
    return new EmbedItem(input, body, null);
  }

  private static ContentBody ofPrompts(List<Prompt> prompts) {
    if (prompts.size() != 1) {
      throw ApiException.badRequest(
          "input: expected one, found %d: each line gets one vector".formatted(prompts.size()),
          "body.input",
          null);
    }
    if (!(prompts.getFirst() instanceof Prompt.Text(String text))) {
      throw ApiException.badRequest("input: token ids are not supported", "body.input", null);
    }
    return ContentBody.text(text);
  }

  /** The form in which the line wants the vector. */
  public VectorForm form() {
    return body == null ? VectorForm.FLOAT : body.form();
  }

  /**
   * What the engine is asked.
   *
   * @param pictures of the input's URLs, at least
   */
  public EmbedRequest request(Map<ImageUrl, Part> pictures) {
    List<Content> contents = List.of(input.content(pictures));
    return body == null
        ? EmbedRequest.of(contents).withInstruction(instruction)
        : body.request(contents);
  }
}
