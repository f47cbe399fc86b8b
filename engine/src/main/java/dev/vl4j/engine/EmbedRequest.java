package dev.vl4j.engine;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Inputs to be turned into vectors.
 *
 * @param inputs at least one; copied
 * @param instruction what the vectors are for, or null for the model's default. A text-only
 *     Qwen3-Embedding reads one before queries and none before documents
 * @param dimensions length of the vectors: their first elements are kept, then normalised; 0 for
 *     all
 * @param normalized whether vectors get the length 1 (Euclidean)
 * @param parseSpecialTokens whether control-token strings in the texts act as control tokens, for
 *     text that is formatted already
 * @param maxPromptTokens the most tokens of each prompt, with the template and its images; 0 for as
 *     many as the model takes
 * @param truncation what becomes of a prompt that has more
 * @param timeout after which the request fails with {@link DeadlineExceededException}, or null for
 *     none
 */
public record EmbedRequest(
    List<Content> inputs,
    @Nullable String instruction,
    int dimensions,
    boolean normalized,
    boolean parseSpecialTokens,
    int maxPromptTokens,
    Truncation truncation,
    @Nullable Duration timeout) {
  /**
   * @throws InvalidRequestException if there are no inputs, or a number is negative
   * @throws NullPointerException if the inputs, one of them or the truncation is null
   */
  public EmbedRequest {
    inputs = Arguments.copyOf("inputs", inputs);
    if (inputs.isEmpty()) {
      throw new InvalidRequestException("inputs: expected at least one, found none");
    }
    requireNotNegative("dimensions", dimensions);
    requireNotNegative("maxPromptTokens", maxPromptTokens);
    Objects.requireNonNull(truncation, "truncation");
  }

  private static void requireNotNegative(String field, int value) {
    if (value < 0) {
      throw new InvalidRequestException(field + ": expected 0 or more, found " + value);
    }
  }

  /**
   * Whole, normalised vectors, with the model's instruction and limit, beyond which nothing is cut.
   */
  public static EmbedRequest of(List<Content> inputs) {
    return new EmbedRequest(inputs, null, 0, true, false, 0, Truncation.NONE, null);
  }

  /** The same with another instruction, or with the model's: null, the default. */
  public EmbedRequest withInstruction(@Nullable String instruction) {
    return with(draft -> draft.instruction = instruction);
  }

  /** The same with vectors of another length, or with whole ones: 0, the default. */
  public EmbedRequest withDimensions(int dimensions) {
    return with(draft -> draft.dimensions = dimensions);
  }

  /** The same with normalised vectors, the default, or with those that the model computes. */
  public EmbedRequest withNormalized(boolean normalized) {
    return with(draft -> draft.normalized = normalized);
  }

  /** The same, but control-token strings act as control tokens or are text, the default. */
  public EmbedRequest withParseSpecialTokens(boolean parseSpecialTokens) {
    return with(draft -> draft.parseSpecialTokens = parseSpecialTokens);
  }

  /** The same with another limit of each prompt in tokens; 0, the default, for the model's. */
  public EmbedRequest withMaxPromptTokens(int maxPromptTokens) {
    return with(draft -> draft.maxPromptTokens = maxPromptTokens);
  }

  /** The same, but longer prompts are cut, or refused: {@link Truncation#NONE}, the default. */
  public EmbedRequest withTruncation(Truncation truncation) {
    return with(draft -> draft.truncation = truncation);
  }

  /** The same with another timeout, or with none: null, the default. */
  public EmbedRequest withTimeout(@Nullable Duration timeout) {
    return with(draft -> draft.timeout = timeout);
  }

  private EmbedRequest with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.finished();
  }

  /** The same, to be changed. */
  private static final class Draft {
    private final List<Content> inputs;
    private @Nullable String instruction;
    private int dimensions;
    private boolean normalized;
    private boolean parseSpecialTokens;
    private int maxPromptTokens;
    private Truncation truncation;
    private @Nullable Duration timeout;

    Draft(EmbedRequest request) {
      inputs = request.inputs;
      instruction = request.instruction;
      dimensions = request.dimensions;
      normalized = request.normalized;
      parseSpecialTokens = request.parseSpecialTokens;
      maxPromptTokens = request.maxPromptTokens;
      truncation = request.truncation;
      timeout = request.timeout;
    }

    EmbedRequest finished() {
      return new EmbedRequest(
          inputs,
          instruction,
          dimensions,
          normalized,
          parseSpecialTokens,
          maxPromptTokens,
          truncation,
          timeout);
    }
  }
}
