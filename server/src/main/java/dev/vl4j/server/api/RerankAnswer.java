package dev.vl4j.server.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.vl4j.engine.RankedDocument;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** The answer of {@code /v1/rerank}: documents, best first. */
public record RerankAnswer(String id, String model, Tokens usage, List<Result> results) {
  /** Tokens of all documents' prompts, each counted in full. */
  public record Tokens(long promptTokens, long totalTokens) {}

  /**
   * A judged document.
   *
   * @param index its place in the request
   * @param document null, and left out, if it is not wanted
   */
  public record Result(
      int index,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Document document,
      double relevanceScore) {}

  /** A document as it was sent; one of the two is null, and both are always there. */
  public record Document(@Nullable String text, @Nullable JsonNode multiModal) {
    /** The document of an echo, or null for a missing one. */
    private static @Nullable Document of(JsonNode echo) {
      return echo.isMissingNode()
          ? null
          : echo.isString() ? new Document(echo.stringValue(), null) : new Document(null, echo);
    }
  }

  /**
   * @param ranked all documents, best first
   * @param echoes each document as it is shown, as {@link RerankBody#echoes} has it
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
              Document.of(echo),
              probabilities ? document.score() : document.logit()));
    }
    return new RerankAnswer(id, model, new Tokens(tokens, tokens), results);
  }

  /** What stands for documents that are not wanted in the answer. */
  public static List<JsonNode> noEchoes(int documents) {
    return Collections.nCopies(documents, MissingNode.getInstance());
  }

  /** How many of {@code ranked} documents are shown. */
  public static int shown(int topN, int ranked) {
    return topN == 0 ? ranked : Math.min(topN, ranked);
  }
}
