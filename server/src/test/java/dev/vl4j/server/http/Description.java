package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialects;
import dev.vl4j.server.http.LiveServer.Answer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A server's own description of itself, and whether what the server does is what it says. */
final class Description {
  /** One method of one path. */
  record Operation(String method, String path, JsonNode node) {
    @Override
    public String toString() {
      return method + " " + path;
    }
  }

  private static final String JSON = "application/json";

  final JsonNode root;
  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(Dialects.getOpenApi31());

  Description(JsonNode root) {
    this.root = root;
  }

  static Description of(LiveServer server) {
    return new Description(server.get("/openapi.json").json());
  }

  List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    root.path("paths")
        .forEachEntry((path, item) ->
            item.forEachEntry((method, operation) ->
                operations.add(new Operation(method.toUpperCase(Locale.ROOT), path, operation))));
    return operations;
  }

  /** Operations that take a body. */
  List<Operation> withBody() {
    return operations().stream().filter(o -> o.node().has("requestBody")).toList();
  }

  /** What a node is or refers to. */
  JsonNode resolved(JsonNode node) {
    JsonNode reference = node.get("$ref");
    return reference == null ? node : resolved(root.at(reference.stringValue().substring(1)));
  }

  private JsonNode requestJson(Operation operation) {
    return resolved(operation.node().path("requestBody")).path("content").path(JSON);
  }

  /** The bodies that the description shows, by name. */
  Map<String, JsonNode> examples(Operation operation) {
    Map<String, JsonNode> examples = new LinkedHashMap<>();
    requestJson(operation)
        .path("examples")
        .forEachEntry((name, example) -> examples.put(name, example.path("value")));
    assertThat(examples).as("examples of %s", operation).isNotEmpty();
    return examples;
  }

  /** The fields of a body, with their schemas. */
  Map<String, JsonNode> fields(Operation operation) {
    Map<String, JsonNode> fields = new LinkedHashMap<>();
    collectFields(requestJson(operation).path("schema"), fields);
    return fields;
  }

  private void collectFields(JsonNode schema, Map<String, JsonNode> fields) {
    JsonNode resolved = resolved(schema);
    resolved.path("allOf").values().forEach(part -> collectFields(part, fields));
    resolved.path("properties").forEachEntry(fields::put);
  }

  void assertRequestFits(Operation operation, JsonNode body) {
    assertFits(requestJson(operation).path("schema"), body, operation + ", body");
  }

  /** Holds an answer to what the description says of its status. */
  void assertAnswerFits(Operation operation, Answer answer) {
    String what = "%s, status %d: %s".formatted(operation, answer.status(), answer.text());
    JsonNode responses = operation.node().path("responses");
    JsonNode own = responses.get(String.valueOf(answer.status()));
    JsonNode response = resolved(own == null ? responses.path("default") : own);
    assertThat(response.has("description")).as(what).isTrue();
    JsonNode content = response.path("content");
    if (content.isMissingNode()) {
      assertThat(answer.text()).as(what).isEmpty();
      return;
    }
    String type = String.valueOf(answer.header("Content-Type")).split(";", 2)[0];
    assertThat(content.has(type)).as("%s, content type %s", what, type).isTrue();
    if (type.equals(JSON)) {
      assertFits(content.path(type).path("schema"), answer.json(), what);
    }
  }

  private void assertFits(JsonNode schema, JsonNode value, String what) {
    assertThat(schema.isObject()).as("%s: no schema", what).isTrue();
    ObjectNode whole = JsonMapper.shared().createObjectNode();
    whole.putArray("allOf").add(schema);
    whole.set("components", root.path("components"));
    assertThat(registry.getSchema(whole).validate(value)).as(what).isEmpty();
  }
}
