package dev.vl4j.server.api;

import dev.vl4j.engine.RankedDocument;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The answer of {@code /v1/rerank}: documents, best first. */
public record RerankAnswer(String id, String model, Tokens usage, List<Result> results) {
  /** Tokens of all documents' prompts, each counted in full. */
  public record Tokens(long promptTokens, long totalTokens) {}

  /** A judged document; {@code index} is its place in the request. */
  public record Result(int index, Document document, double relevanceScore) {}

  /** A document as it was sent; one of the two is null, and both are always there. */
  public record Document(@Nullable String text, @Nullable JsonNode multiModal) {}

  /**
   * @param ranked all documents, best first
   * @param topN how many to show; 0 for all
   * @param probabilities whether scores are probabilities; logits otherwise
   */
  public static RerankAnswer of(
      String id,
      String model,
      List<RankedDocument> ranked,
      List<JsonNode> echoes,
      int topN,
      boolean probabilities) {
    long tokens = ranked.stream().mapToLong(RankedDocument::promptTokens).sum();
    List<Result> results = new ArrayList<>();
    for (RankedDocument document : ranked.subList(0, shown(topN, ranked.size()))) {
      JsonNode echo = echoes.get(document.index());
      results.add(
          new Result(
              document.index(),
              echo.isString() ? new Document(echo.stringValue(), null) : new Document(null, echo),
              probabilities ? document.score() : document.logit()));
    }
    return new RerankAnswer(id, model, new Tokens(tokens, tokens), results);
  }

  /** How many of {@code ranked} documents are shown. */
  public static int shown(int topN, int ranked) {
    return topN == 0 ? ranked : Math.min(topN, ranked);
  }
}
