package dev.vl4j.engine;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link Reranker} is opened.
 *
 * @param model what the options of all engines have in common
 * @param template the words around queries and documents, or null for those that the model was
 *     trained on
 */
public record RerankerOptions(ModelOptions model, @Nullable RerankTemplate template) {
  /** {@link ModelOptions#DEFAULT} with the model's own template. */
  public static final RerankerOptions DEFAULT = new RerankerOptions(ModelOptions.DEFAULT, null);

  /**
   * @throws NullPointerException if the model's options are null
   */
  public RerankerOptions {
    Objects.requireNonNull(model, "model");
  }

  /** The same with other options of the model, {@link ModelOptions#DEFAULT} by default. */
  public RerankerOptions withModel(ModelOptions model) {
    return new RerankerOptions(model, template);
  }

  /** The same with another template, or with the model's own. */
  public RerankerOptions withTemplate(@Nullable RerankTemplate template) {
    return new RerankerOptions(model, template);
  }
}
