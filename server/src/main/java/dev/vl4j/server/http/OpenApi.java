package dev.vl4j.server.http;

import dev.vl4j.engine.Diagnostics;
import dev.vl4j.server.transport.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The description of the API, which is written by hand but for what differs between servers. */
final class OpenApi {
  private static final String RESOURCE = "openapi.json";
  private static final String SCHEME = "key";

  private OpenApi() {}

  /**
   * The answer of {@code /openapi.json}.
   *
   * @param open paths that need no key
   * @param keys whether all others need one
   * @param root what all paths begin with for clients
   */
  static Reply reply(Set<String> open, boolean keys, String root) {
    ObjectNode document = read();
    if (!root.isEmpty()) {
      document.putArray("servers").addObject().put("url", root);
    }
    document.withObject("info").put("version", Diagnostics.version());
    if (keys) {
      guard(document, open);
    }
    return Reply.json(document);
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

  private static ObjectNode read() {
    try (InputStream in =
        Objects.requireNonNull(OpenApi.class.getResourceAsStream(RESOURCE), RESOURCE)) {
      return (ObjectNode) JsonMapper.shared().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
