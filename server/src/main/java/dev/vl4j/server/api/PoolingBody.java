package dev.vl4j.server.api;

import org.jspecify.annotations.Nullable;

/** The body of {@code /pooling}, in the form of the task that its model does. */
public sealed interface PoolingBody permits PromptsBody, EmbedBody {
  /** What vLLM calls the task of an embedder. */
  String EMBED = "embed";

  /**
   * Reads it. A body that names no model is for the one that does its task.
   *
   * @throws ApiException if it cannot be answered
   */
  static PoolingBody read(Fields fields, ServedModels models) {
    String task = fields.string("task");
    return model(fields.string("model"), task, models).task() == Task.EMBED
        ? EmbedBody.pooling(fields, task)
        : PromptsBody.pooling(fields);
  }

  private static ServedModel model(
      @Nullable String name, @Nullable String task, ServedModels models) {
    boolean named = name != null && !name.isEmpty();
    boolean embeds = EMBED.equals(task) && models.has(Task.EMBED);
    return embeds && !named ? models.require(null, Task.EMBED, "Embeddings") : models.find(name);
  }
}
