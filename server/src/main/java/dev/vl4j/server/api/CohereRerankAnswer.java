package dev.vl4j.server.api;

import java.util.List;

/**
 * The answer of {@code /rerank} and {@code /v2/rerank}, where clients of Cohere ask: vLLM's answer,
 * and with it what they read without asking whether it is there.
 */
public record CohereRerankAnswer(
    String id,
    String model,
    RerankAnswer.Tokens usage,
    List<RerankAnswer.Result> results,
    Meta meta) {
  /** What Cohere says of each answer. */
  public record Meta(ApiVersion apiVersion, BilledUnits billedUnits) {}

  /** The version of Cohere's API. */
  public record ApiVersion(String version) {}

  /** A search is a query with up to a hundred documents. */
  public record BilledUnits(int searchUnits) {}

  private static final int DOCUMENTS_OF_A_SEARCH = 100;

  /**
   * @param documents in the request, shown or not
   */
  public static CohereRerankAnswer of(RerankAnswer answer, int documents) {
    int searches = Math.ceilDiv(documents, DOCUMENTS_OF_A_SEARCH);
    return new CohereRerankAnswer(
        answer.id(),
        answer.model(),
        answer.usage(),
        answer.results(),
        new Meta(new ApiVersion("2"), new BilledUnits(searches)));
  }
}
