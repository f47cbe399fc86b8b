package dev.vl4j.server.http;

import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.transport.Reply;
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

  /**
   * An action, and what it takes.
   *
   * @param work whether it is for a body and may wait; otherwise it is for no body, and at once
   */
  record Route(Action action, boolean work) {}

  private final Map<String, Map<String, Route>> routes = new LinkedHashMap<>();

  Routes get(String path, Action action) {
    return add("GET", path, new Route(action, false));
  }

  /** For methods without a body: the transport leaves the answer's body out for HEAD. */
  Routes getAndHead(String path, Action action) {
    return get(path, action).add("HEAD", path, new Route(action, false));
  }

  Routes post(String path, Action action) {
    return add("POST", path, new Route(action, true));
  }

  /** For bodies that nobody reads. */
  Routes postNothing(String path, Action action) {
    return add("POST", path, new Route(action, false));
  }

  /** For what no model of the server does. */
  void refuse(String path, String api) {
    Routes _ =
        postNothing(
            path,
            _ -> {
              throw ApiException.notImplemented(api);
            });
  }

  private Routes add(String method, String path, Route route) {
    routes.computeIfAbsent(path, _ -> new TreeMap<>()).put(method, route);
    return this;
  }

  boolean has(String path) {
    return routes.containsKey(path);
  }

  boolean has(String path, String method) {
    return routes.getOrDefault(path, Map.of()).containsKey(method);
  }

  /** The methods of every path. */
  Map<String, Set<String>> methods() {
    Map<String, Set<String>> methods = new TreeMap<>();
    routes.forEach((path, byMethod) -> methods.put(path, Set.copyOf(byMethod.keySet())));
    return methods;
  }

  /**
   * What answers a request.
   *
   * @throws ApiException if nothing does
   */
  Route find(String method, String path) {
    Map<String, Route> methods = routes.get(path);
    if (methods == null) {
      throw ApiException.of(404, "Not Found", "Not Found");
    }
    Route route = methods.get(method);
    if (route != null) {
      return route;
    }
    String allowed = String.join(", ", methods.keySet());
    Reply refusal =
        Reply.error(ApiException.of(405, "Method Not Allowed", "Method Not Allowed"))
            .with("Allow", allowed);
    return new Route(_ -> refusal, false);
  }
}
