package dev.vl4j.engine;

import java.util.Objects;

/**
 * How a {@link Reranker} is opened.
 *
 * @param model what the options of all engines have in common
 * @param template the words around queries and documents
 */
public record RerankerOptions(ModelOptions model, RerankTemplate template) {
  /** {@link ModelOptions#DEFAULT} with the template that Qwen3-VL-Reranker was trained on. */
  public static final RerankerOptions DEFAULT =
      new RerankerOptions(ModelOptions.DEFAULT, RerankTemplate.QWEN3_VL);

  /**
   * @throws NullPointerException if the model's options or the template are null
   */
  public RerankerOptions {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(template, "template");
  }

  /** The same with other options of the model, {@link ModelOptions#DEFAULT} by default. */
  public RerankerOptions withModel(ModelOptions model) {
    return new RerankerOptions(model, template);
  }

  /** The same with another template, {@link RerankTemplate#QWEN3_VL} by default. */
  public RerankerOptions withTemplate(RerankTemplate template) {
    return new RerankerOptions(model, template);
  }
}
