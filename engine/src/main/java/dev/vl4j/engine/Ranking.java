package dev.vl4j.engine;

import java.util.List;

/**
 * A request's answer and what it took.
 *
 * @param documents best first
 */
public record Ranking(List<Ranked> documents, RerankObserver.RequestReport report) {
  public Ranking {
    documents = List.copyOf(documents);
  }
}
