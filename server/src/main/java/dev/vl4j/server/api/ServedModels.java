package dev.vl4j.server.api;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The models of a server, one for each task at most.
 *
 * @param models at least one; a request that names none and fits all is the first one's
 */
public record ServedModels(List<ServedModel> models) {
  public ServedModels {
    models = List.copyOf(models);
    if (models.isEmpty()) {
      throw new IllegalArgumentException("a server has at least one model");
    }
  }

  /** Whether a model does this. */
  public boolean has(Task task) {
    return models.stream().anyMatch(model -> model.task() == task);
  }

  /**
   * The model that a request names, or the first one for a request that names none.
   *
   * @throws ApiException if there is no such model
   */
  public ServedModel find(@Nullable String name) {
    if (name == null || name.isEmpty()) {
      return models.getFirst();
    }
    return models.stream()
        .filter(model -> model.names().contains(name))
        .findFirst()
        .orElseThrow(() -> ApiException.unknownModel(name));
  }

  /**
   * The model for a task: the one that a request names, if it names one.
   *
   * @param api what the task is called in vLLM's errors
   * @throws ApiException if there is no such model, or it does something else
   */
  public ServedModel require(@Nullable String name, Task task, String api) {
    boolean named = name != null && !name.isEmpty();
    return (named ? List.of(find(name)) : models)
        .stream()
            .filter(model -> model.task() == task)
            .findFirst()
            .orElseThrow(() -> ApiException.notImplemented(api));
  }

  /** The answer of {@code /v1/models}. */
  public Answer answer() {
    List<Card> cards = new ArrayList<>();
    for (ServedModel model : models) {
      model.names().forEach(name -> cards.add(card(name, model)));
    }
    return new Answer("list", cards);
  }

  private static Card card(String name, ServedModel model) {
    Permission permission =
        new Permission(
            "modelperm-" + Ids.random(),
            "model_permission",
            model.created(),
            false,
            true,
            true,
            false,
            true,
            false,
            "*",
            null,
            false);
    return new Card(
        name,
        "model",
        model.created(),
        "vllm",
        model.root(),
        null,
        model.maxModelLen(),
        List.of(permission));
  }

  /** All names of the model, as OpenAI's API lists models. */
  public record Answer(String object, List<Card> data) {}

  /** One name of the model. Clients look for vLLM as its owner. */
  public record Card(
      String id,
      String object,
      long created,
      String ownedBy,
      String root,
      @Nullable String parent,
      int maxModelLen,
      List<Permission> permission) {}

  /** Constants that clients of OpenAI's API expect. */
  public record Permission(
      String id,
      String object,
      long created,
      boolean allowCreateEngine,
      boolean allowSampling,
      boolean allowLogprobs,
      boolean allowSearchIndices,
      boolean allowView,
      boolean allowFineTuning,
      String organization,
      @Nullable String group,
      boolean isBlocking) {}
}
