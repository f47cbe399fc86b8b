package dev.vl4j.server.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the one model of a server is called.
 *
 * @param names at least one; answers carry the first
 * @param root where it was opened from
 * @param created in seconds since 1970
 * @param maxModelLen longest prompt, in tokens
 */
public record ServedModels(List<String> names, String root, long created, int maxModelLen) {
  public ServedModels {
    names = List.copyOf(names);
    if (names.isEmpty()) {
      throw new IllegalArgumentException("a served model has at least one name");
    }
  }

  /** What answers call the model. */
  public String name() {
    return names.getFirst();
  }

  /**
   * Lets a request pass that names this model, or none.
   *
   * @throws ApiException if it names another
   */
  public void require(@Nullable String model) {
    if (model != null && !model.isEmpty() && !names.contains(model)) {
      throw ApiException.unknownModel(model);
    }
  }

  /** The answer of {@code /v1/models}. */
  public Answer answer() {
    return new Answer("list", names.stream().map(this::card).toList());
  }

  private Card card(String name) {
    Permission permission =
        new Permission(
            "modelperm-" + Ids.random(),
            "model_permission",
            created,
            false,
            true,
            true,
            false,
            true,
            false,
            "*",
            null,
            false);
    return new Card(name, "model", created, "vllm", root, null, maxModelLen, List.of(permission));
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
