package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.http.Description.Operation;
import dev.vl4j.server.http.LiveServer.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The fields of {@code /openapi.json}: those that are read, with their types, limits, defaults. */
class OpenApiFieldsTest {
  /** Read only to be refused, whatever they hold. */
  private static final Set<String> REFUSED =
      Set.of("normalize", "cache_salt", "chat_template", "dimensions");

  private static final JsonNode NO_VALUE = JsonMapper.shared().readTree("{\"wrong\":[]}");

  @AutoClose private static final LiveServer server = LiveServer.demo(LiveServer.options());
  private static final Description description = Description.of(server);

  private interface Check {
    void accept(Operation operation, String field, JsonNode schema);
  }

  private static Stream<DynamicTest> forEachField(String keyword, Check check) {
    return description.withBody().stream()
        .flatMap(operation ->
            description.fields(operation).entrySet().stream()
                .filter(field -> keyword.isEmpty() || field.getValue().has(keyword))
                .map(field ->
                    DynamicTest.dynamicTest(
                        operation + ": " + field.getKey(),
                        () -> check.accept(operation, field.getKey(), field.getValue()))));
  }

  private static Answer send(Operation operation, JsonNode example, String field, JsonNode value) {
    ObjectNode body = ((ObjectNode) example).deepCopy();
    body.set(field, value);
    return server.postRaw(operation.path(), body.toString());
  }

  /** Some example's form of a request reads the field, and then refuses what it does not take. */
  private static void assertRefused(Operation operation, String field, JsonNode value) {
    assertThat(description.examples(operation).values())
        .as("%s with %s %s", operation, field, value)
        .anyMatch(example -> {
          Answer answer = send(operation, example, field, value);
          return answer.status() == 400
              && answer.error().path("param").asString().startsWith("body." + field);
        });
  }

  @TestFactory
  Stream<DynamicTest> otherTypesAreRefused() {
    return forEachField(
        "",
        (operation, field, schema) -> {
          boolean object = description.resolved(schema).path("type").asString("").equals("object");
          assertRefused(operation, field, object ? JsonMapper.shared().readTree("7") : NO_VALUE);
        });
  }

  @TestFactory
  Stream<DynamicTest> limitsAreTheServers() {
    return forEachField(
        "minimum",
        (operation, field, schema) -> {
          int least = schema.path("minimum").intValue();
          assertRefused(operation, field, JsonMapper.shared().valueToTree(least - 1));
          for (JsonNode example : description.examples(operation).values()) {
            Answer answer = send(operation, example, field, JsonMapper.shared().valueToTree(least));
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> wordsAreTheServers() {
    return forEachField(
        "enum",
        (operation, field, schema) -> {
          JsonNode first = schema.path("enum").get(0);
          JsonNode other =
              first.isString()
                  ? JsonMapper.shared().valueToTree("other")
                  : JsonMapper.shared().valueToTree(first.isBoolean() ? !first.booleanValue() : 1);
          assertRefused(operation, field, other);
          for (JsonNode word : schema.path("enum").values()) {
            for (JsonNode example : description.examples(operation).values()) {
              Answer answer = send(operation, example, field, word);
              assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            }
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> defaultsAreTheServers() {
    return forEachField(
        "default",
        (operation, field, schema) -> {
          for (JsonNode example : description.examples(operation).values()) {
            ObjectNode without = ((ObjectNode) example).deepCopy();
            without.remove(field);
            Answer absent = server.postRaw(operation.path(), without.toString());
            Answer present = send(operation, without, field, schema.path("default"));
            assertThat(present.status()).as(present.text()).isEqualTo(200);
            assertThat(withoutNames(present)).isEqualTo(withoutNames(absent));
          }
        });
  }

  private static JsonNode withoutNames(Answer answer) {
    ObjectNode root = (ObjectNode) answer.json();
    root.remove("id");
    root.remove("created");
    root.remove("work"); // what is left to do, and how long it takes, differs each time
    root.remove("timings");
    return root;
  }

  /** A field that somebody begins to read, and forgets to describe, is found in the source. */
  @Test
  void everyFieldThatIsReadIsDescribed() throws IOException {
    Set<String> described = new HashSet<>(REFUSED);
    addFields(description, described);
    try (LiveServer embedder = LiveServer.embedder(LiveServer.builder(), true)) {
      addFields(Description.of(embedder), described);
    }
    Set<String> read = new TreeSet<>();
    try (Stream<Path> files = Files.list(Path.of("src/main/java/dev/vl4j/server/api"))) {
      for (Path file : files.toList()) {
        Pattern.compile("\\bfields\\s*\\.(?!reject)\\w+\\(\\s*\"(\\w+)\"")
            .matcher(Files.readString(file))
            .results()
            .forEach(match -> read.add(match.group(1)));
      }
    }
    assertThat(read).contains("query", "top_n", "use_activation", "return_token_strs");
    assertThat(described).containsAll(read);
  }

  private static void addFields(Description from, Set<String> described) {
    for (Operation operation : from.withBody()) {
      Map<String, JsonNode> fields = from.fields(operation);
      described.addAll(fields.keySet());
      fields
          .values()
          .forEach(schema -> described.addAll(schema.path("properties").propertyNames()));
    }
  }
}
