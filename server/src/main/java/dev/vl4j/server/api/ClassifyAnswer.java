package dev.vl4j.server.api;

import dev.vl4j.engine.RankedDocument;
import java.util.ArrayList;
import java.util.List;

/** The answer of {@code /classify}, in the order of the request. */
public record ClassifyAnswer(
    String id, String object, long created, String model, List<Judgement> data, Usage usage) {
  /** The one class of a reranker: probability, or logit, of "yes". */
  public record Judgement(int index, String label, List<Double> probs, int numClasses) {}

  // What a Hugging Face configuration without names calls the only class.
  private static final String LABEL = "LABEL_0";

  /**
   * @param created in seconds since 1970
   * @param judged in the request's order
   * @param probabilities whether scores are probabilities; logits otherwise
   */
  public static ClassifyAnswer of(
      String id, long created, String model, List<RankedDocument> judged, boolean probabilities) {
    List<Judgement> data = new ArrayList<>();
    for (RankedDocument one : judged) {
      double value = probabilities ? one.score() : one.logit();
      data.add(new Judgement(data.size(), LABEL, List.of(value), 1));
    }
    return new ClassifyAnswer(id, "list", created, model, data, Usage.of(judged));
  }
}
