package dev.vl4j.server.http;

import dev.vl4j.server.api.ApiException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Which path and method is answered by what. */
final class Routes {
  /** Answers one kind of request. */
  interface Action {
    Reply answer(Call call);
  }

  private final Map<String, Map<String, Action>> actions = new LinkedHashMap<>();

  Routes get(String path, Action action) {
    return add("GET", path, action);
  }

  /** For methods without a body: the transport leaves the answer's body out for HEAD. */
  Routes getAndHead(String path, Action action) {
    return add("GET", path, action).add("HEAD", path, action);
  }

  Routes post(String path, Action action) {
    return add("POST", path, action);
  }

  private Routes add(String method, String path, Action action) {
    actions.computeIfAbsent(path, _ -> new TreeMap<>()).put(method, action);
    return this;
  }

  boolean has(String path) {
    return actions.containsKey(path);
  }

  boolean has(String path, String method) {
    return actions.getOrDefault(path, Map.of()).containsKey(method);
  }

  /** The methods of every path. */
  Map<String, Set<String>> methods() {
    Map<String, Set<String>> methods = new TreeMap<>();
    actions.forEach((path, byMethod) -> methods.put(path, Set.copyOf(byMethod.keySet())));
    return methods;
  }

  /**
   * What answers a request.
   *
   * @throws ApiException if nothing does
   */
  Action find(String method, String path) {
    Map<String, Action> methods = actions.get(path);
    if (methods == null) {
      throw ApiException.of(404, "Not Found", "Not Found");
    }
    Action action = methods.get(method);
    if (action != null) {
      return action;
    }
    String allowed = String.join(", ", methods.keySet());
    return _ ->
        Reply.error(ApiException.of(405, "Method Not Allowed", "Method Not Allowed"))
            .with("Allow", allowed);
  }
}
