package dev.vl4j.engine;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link Reranker} is opened.
 *
 * @param model what the options of all engines have in common
 * @param template the words around queries and documents, or null for those that the model was
 *     trained on
 * @param maxLength tokens of a prompt, beyond which it is cut as Qwen's own script cuts it: its
 *     control tokens stay, images and videos with them, and of all others the first; then the end
 *     of the template. 0 to refuse prompts that are too long for the model, as the server does
 */
public record RerankerOptions(
    ModelOptions model, @Nullable RerankTemplate template, int maxLength) {
  /** What Qwen's own script passes for {@code max_length}. */
  public static final int OFFICIAL_MAX_LENGTH = 10_240;

  /** {@link ModelOptions#DEFAULT} with the model's own template; no prompt is cut. */
  public static final RerankerOptions DEFAULT = new RerankerOptions(ModelOptions.DEFAULT, null, 0);

  /**
   * @throws IllegalArgumentException if the length is negative
   * @throws NullPointerException if the model's options are null
   */
  public RerankerOptions {
    Objects.requireNonNull(model, "model");
    Arguments.requireAtLeast("maxLength", maxLength, 0);
  }

  /** The same with other options of the model, {@link ModelOptions#DEFAULT} by default. */
  public RerankerOptions withModel(ModelOptions model) {
    return new RerankerOptions(model, template, maxLength);
  }

  /** The same with another template, or with the model's own. */
  public RerankerOptions withTemplate(@Nullable RerankTemplate template) {
    return new RerankerOptions(model, template, maxLength);
  }

  /** The same with another length beyond which prompts are cut; 0, the default, to cut none. */
  public RerankerOptions withMaxLength(int maxLength) {
    return new RerankerOptions(model, template, maxLength);
  }
}
