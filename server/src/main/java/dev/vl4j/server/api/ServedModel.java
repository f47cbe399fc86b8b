package dev.vl4j.server.api;

import java.util.List;

/**
 * What a model of a server is called.
 *
 * @param task what it does
 * @param names at least one; answers carry the first
 * @param root where it was opened from
 * @param created in seconds since 1970
 * @param maxModelLen longest prompt, in tokens
 */
public record ServedModel(
    Task task, List<String> names, String root, long created, int maxModelLen) {
  public ServedModel {
    names = List.copyOf(names);
    if (names.isEmpty()) {
      throw new IllegalArgumentException("a served model has at least one name");
    }
  }

  /** What answers call the model. */
  public String name() {
    return names.getFirst();
  }
}
