package dev.vl4j.server.cli;

import dev.vl4j.engine.Ranked;
import java.util.List;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes the body of vLLM's answer to {@code /v1/rerank}. */
final class ResponseWriter {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private ResponseWriter() {}

  /**
   * The response as UTF-8.
   *
   * @param ranked all documents, best first: usage counts those that are not shown, too
   */
  static byte[] write(String model, Job job, List<Ranked> ranked) {
    long tokens = ranked.stream().mapToLong(Ranked::promptTokens).sum();
    ObjectNode root = JSON.createObjectNode();
    root.put("id", "score-" + UUID.randomUUID().toString().replace("-", ""));
    root.put("model", model);
    root.putObject("usage").put("prompt_tokens", tokens).put("total_tokens", tokens);
    ArrayNode results = root.putArray("results");
    for (Ranked document : ranked.subList(0, job.shown(ranked.size()))) {
      JsonNode echo = job.echoes().get(document.index());
      ObjectNode result = results.addObject().put("index", document.index());
      // Both keys are always there; clients of vLLM read them without asking.
      ObjectNode shown = result.putObject("document");
      shown.set("text", echo.isString() ? echo : JSON.nullNode());
      shown.set("multi_modal", echo.isString() ? JSON.nullNode() : echo);
      result.put("relevance_score", document.score());
    }
    return JSON.writeValueAsBytes(root);
  }
}
