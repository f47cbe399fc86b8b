package dev.vl4j.server.api;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.Truncation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code /v1/embeddings}, and of {@code /pooling} for an embedder.
 *
 * @param inputs what is embedded: contents that get the model's template; empty if there are
 *     prompts
 * @param prompts texts and token ids of a completion; empty for a chat
 * @param instruction what the vectors are for, or null for the model's default
 * @param dimensions of the vectors; 0 for all
 * @param form of the vectors, {@link VectorForm#FLOAT} or {@link VectorForm#BASE64}
 * @param specialTokens whether the tokenizer's own tokens are added to texts without a template
 * @param truncation what becomes of prompts that have more tokens than are wanted
 */
public record EmbedBody(
    CommonFields common,
    List<ContentBody> inputs,
    List<Prompt> prompts,
    @Nullable String instruction,
    int dimensions,
    VectorForm form,
    boolean specialTokens,
    Truncation truncation)
    implements PoolingBody {
  public EmbedBody {
    inputs = List.copyOf(inputs);
    prompts = List.copyOf(prompts);
  }

  /**
   * Reads the body of {@code /v1/embeddings}.
   *
   * @throws ApiException if it cannot be answered
   */
  public static EmbedBody read(Fields fields) {
    CommonFields common = CommonFields.read(fields);
    String instruction = fields.string("instruction");
    int dimensions = fields.atLeast("dimensions", 1, 0);
    VectorForm form = Base64Floats.wanted(fields) ? VectorForm.BASE64 : VectorForm.FLOAT;
    Truncation truncation =
        switch (fields.oneOf("truncation_side", "right", "left")) {
          case String _ when common.truncateTokens() == 0 -> Truncation.NONE;
          case "left" -> Truncation.START;
          default -> Truncation.END;
        };
    boolean chat = fields.has("messages");
    boolean specialTokens = fields.flag("add_special_tokens", !chat);
    List<ContentBody> inputs = new ArrayList<>();
    List<Prompt> prompts = List.of();
    if (chat) {
      EmbedMessages said = EmbedMessages.read(fields);
      inputs.add(said.input());
      instruction = instruction == null || instruction.isEmpty() ? said.instruction() : instruction;
    } else {
      prompts = Prompt.read(fields, "input");
    }
    fields.finish();
    if (!chat && prompts.isEmpty()) {
      throw ApiException.badRequest("input: at least one is needed", "body.input", null);
    }
    return new EmbedBody(
        common, inputs, prompts, instruction, dimensions, form, specialTokens, truncation);
  }

  /**
   * Reads the body of {@code /pooling} for an embedder.
   *
   * @throws ApiException if it cannot be answered
   */
  static EmbedBody pooling(Fields fields, @Nullable String task) {
    if (task != null && !task.equals(EMBED)) {
      fields.refuse("task", "expected embed, found " + task);
    }
    return read(fields);
  }

  /** The pictures that the request names. */
  public List<ImageUrl> images() {
    return ContentBody.images(List.of(), inputs);
  }

  /** A request of the engine for some contents. */
  public EmbedRequest request(List<Content> contents) {
    return EmbedRequest.of(contents)
        .withInstruction(instruction)
        .withDimensions(dimensions)
        .withNormalized(common.useActivation())
        .withMaxPromptTokens(Math.max(0, common.truncateTokens()))
        .withTruncation(truncation);
  }

  /**
   * What the engine is asked, of a chat.
   *
   * @param pictures behind {@link #images}
   */
  public List<Content> contents(Map<ImageUrl, Part> pictures) {
    return inputs.stream().map(input -> input.content(pictures)).toList();
  }
}
