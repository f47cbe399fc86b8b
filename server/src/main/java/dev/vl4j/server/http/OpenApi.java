package dev.vl4j.server.http;

import dev.vl4j.engine.Diagnostics;
import dev.vl4j.server.api.ServedModels;
import dev.vl4j.server.api.Task;
import dev.vl4j.server.transport.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The description of the API, which is written by hand but for what differs between servers. */
final class OpenApi {
  /** Of a server with a reranker alone. */
  private static final String RESOURCE = "openapi.json";

  /** What an embedder adds and replaces. */
  private static final String EMBEDDINGS = "openapi-embeddings.json";

  private static final List<String> OF_RERANKERS =
      List.of(
          "/rerank",
          "/v1/rerank",
          "/v1/rerank/explain",
          "/v2/rerank",
          "/score",
          "/v1/score",
          "/classify");

  private static final String SCHEME = "key";

  private OpenApi() {}

  /**
   * The answer of {@code /openapi.json}.
   *
   * @param models that are served
   * @param open paths that need no key
   * @param keys whether all others need one
   * @param root what all paths begin with for clients
   */
  static Reply reply(ServedModels models, Set<String> open, boolean keys, String root) {
    ObjectNode document = read(RESOURCE);
    if (models.has(Task.EMBED)) {
      merge(read(EMBEDDINGS), document);
    }
    if (!root.isEmpty()) {
      document.putArray("servers").addObject().put("url", root);
    }
    if (!models.has(Task.RERANK)) {
      ObjectNode paths = document.withObject("paths");
      OF_RERANKERS.forEach(path -> leaveOut((ObjectNode) paths.get(path).get("post")));
    }
    document.withObject("info").put("version", Diagnostics.version());
    if (keys) {
      guard(document, open);
    }
    return Reply.json(document);
  }

  private static void merge(ObjectNode more, ObjectNode document) {
    more.forEachEntry((name, value) -> {
      if (value instanceof ObjectNode section && document.get(name) instanceof ObjectNode into) {
        merge(section, into);
      } else {
        document.set(name, value);
      }
    });
  }

  /** Leaves nothing of an operation but that it is refused. */
  private static void leaveOut(ObjectNode operation) {
    operation.put("summary", "Not what the models here do");
    operation.remove(List.of("requestBody", "parameters", "responses"));
    operation.putObject("responses").putObject("501").put("$ref", "#/components/responses/Error");
  }

  private static void guard(ObjectNode document, Set<String> open) {
    document
        .withObject("components")
        .withObject("securitySchemes")
        .putObject(SCHEME)
        .put("type", "http")
        .put("scheme", "bearer");
    document.putArray("security").addObject().putArray(SCHEME);
    document
        .withObject("paths")
        .forEachEntry((path, item) -> {
          for (String method : item.propertyNames()) {
            ObjectNode operation = ((ObjectNode) item).withObject(method);
            if (open.contains(path)) {
              operation.putArray("security");
            } else {
              operation
                  .withObject("responses")
                  .putObject("401")
                  .put("$ref", "#/components/responses/Unauthorized");
            }
          }
        });
  }

  private static ObjectNode read(String resource) {
    try (InputStream in =
        Objects.requireNonNull(OpenApi.class.getResourceAsStream(resource), resource)) {
      return (ObjectNode) JsonMapper.shared().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
