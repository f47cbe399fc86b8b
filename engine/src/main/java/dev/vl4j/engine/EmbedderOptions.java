package dev.vl4j.engine;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How an {@link Embedder} is opened.
 *
 * @param model what the options of all engines have in common
 * @param template the words around inputs, or null for those that the model was trained on
 */
public record EmbedderOptions(ModelOptions model, @Nullable EmbedTemplate template) {
  /** {@link ModelOptions#DEFAULT} with the model's own template. */
  public static final EmbedderOptions DEFAULT = new EmbedderOptions(ModelOptions.DEFAULT, null);

  /** Checks that there are options of the model. */
  public EmbedderOptions {
    Objects.requireNonNull(model, "model");
  }

  /** The same with other options of the model. */
  public EmbedderOptions withModel(ModelOptions model) {
    return new EmbedderOptions(model, template);
  }

  /** The same with another template, or with the model's own. */
  public EmbedderOptions withTemplate(@Nullable EmbedTemplate template) {
    return new EmbedderOptions(model, template);
  }
}
