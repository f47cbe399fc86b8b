package dev.vl4j.server.api;

import java.util.List;
import java.util.Set;

/**
 * The body of {@code /classify} and {@code /pooling}: complete prompts in the form of a completion,
 * or one in the form of a chat.
 *
 * @param base64 whether numbers are wanted as base64 of little-endian float32
 */
public record PromptsBody(CommonFields common, List<Prompt> prompts, boolean base64)
    implements PoolingBody {
  /** What vLLM can do with a reranker, but for what it calls {@code token_classify}. */
  private static final Set<String> TASKS = Set.of("classify", "score");

  public PromptsBody {
    prompts = List.copyOf(prompts);
  }

  /**
   * Reads the body of {@code /classify}.
   *
   * @throws ApiException if it cannot be answered
   */
  public static PromptsBody classification(Fields fields) {
    return read(fields, false);
  }

  /**
   * Reads the body of {@code /pooling}.
   *
   * @throws ApiException if it cannot be answered
   */
  public static PromptsBody pooling(Fields fields) {
    String task = fields.string("task");
    if (task != null && !TASKS.contains(task)) {
      fields.refuse("task", "a reranker's tasks are classify and score, not " + task);
    }
    if (fields.has("dimensions")) {
      fields.refuse("dimensions", "a reranker's answer has one");
    }
    boolean base64 = Base64Floats.wanted(fields);
    return read(fields, base64);
  }

  private static PromptsBody read(Fields fields, boolean base64) {
    CommonFields common = CommonFields.read(fields);
    List<Prompt> prompts = Prompt.read(fields, "input");
    fields.finish();
    if (prompts.isEmpty()) {
      throw ApiException.badRequest("input: at least one prompt is needed", "body.input", null);
    }
    return new PromptsBody(common, prompts, base64);
  }
}
