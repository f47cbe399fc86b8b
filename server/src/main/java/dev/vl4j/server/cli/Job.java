package dev.vl4j.server.cli;

import dev.vl4j.engine.RerankRequest;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * A request and what its answer repeats of it.
 *
 * @param request without a limit, because usage counts all documents; the answer is cut afterwards
 * @param echoes each document as the response shows it: a string, or an array of content parts
 * @param topN how many results to show; 0 for all
 */
record Job(RerankRequest request, List<JsonNode> echoes, int topN) {
  Job {
    echoes = List.copyOf(echoes);
  }

  /** How many of {@code ranked} results are shown. */
  int shown(int ranked) {
    return topN == 0 ? ranked : Math.min(topN, ranked);
  }
}
