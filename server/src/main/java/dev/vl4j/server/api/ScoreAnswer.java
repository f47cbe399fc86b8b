package dev.vl4j.server.api;

import dev.vl4j.engine.RankedDocument;
import java.util.ArrayList;
import java.util.List;

/** The answer of {@code /v1/score}, in the order of the request. */
public record ScoreAnswer(
    String id, String object, long created, String model, List<Score> data, Usage usage) {
  /** One pair's score. */
  public record Score(int index, String object, double score) {}

  /**
   * @param created in seconds since 1970
   * @param judged in the request's order
   * @param probabilities whether scores are probabilities; logits otherwise
   */
  public static ScoreAnswer of(
      String id, long created, String model, List<RankedDocument> judged, boolean probabilities) {
    List<Score> data = new ArrayList<>();
    for (RankedDocument one : judged) {
      data.add(new Score(data.size(), "score", probabilities ? one.score() : one.logit()));
    }
    return new ScoreAnswer(id, "list", created, model, data, Usage.of(judged));
  }
}
