package dev.vl4j.server.api;

import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RequestReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The answer of {@code /v1/rerank/explain}, which vLLM does not have: the ranking of {@code
 * /v1/rerank} for the same body, what the model read, and what it took.
 *
 * @param precision of matrix products, such as {@code bf16}
 */
public record ExplainAnswer(
    String id,
    String model,
    String precision,
    RerankAnswer.Tokens usage,
    Work work,
    Timings timings,
    List<Result> results) {
  /**
   * A judged document.
   *
   * @param index its place in the request
   * @param score probability of "yes"
   * @param logit of which the score is the sigmoid
   * @param promptTokens of its whole prompt, visual tokens included
   * @param prompt what the model read, with one placeholder for each picture
   */
  public record Result(int index, double score, double logit, int promptTokens, String prompt) {}

  /**
   * What was computed, and what did not have to be.
   *
   * @param computedTokens that went through the language model
   * @param sharedTokens that another prompt begins with, too, or did earlier
   * @param encodedImages that went through the vision tower
   * @param reusedImages that did earlier
   */
  public record Work(int computedTokens, int sharedTokens, int encodedImages, int reusedImages) {}

  /**
   * In milliseconds, one after the other.
   *
   * @param readMs until the request was read, and its pictures fetched
   * @param preparationMs for images and tokens
   * @param queueMs until the first forward began
   * @param forwardMs of all forwards that it had a part in; other requests may have had one, too
   * @param totalMs from the request's head to this answer: more than the others together, for there
   *     is time between forwards and threads, and prompts are rendered
   */
  public record Timings(
      double readMs, double preparationMs, double queueMs, double forwardMs, double totalMs) {}

  /**
   * @param prompts of the first documents of the ranking, which are those that are shown
   * @param read time for reading the request
   * @param total time for everything
   */
  public static ExplainAnswer of(
      String id,
      String model,
      String precision,
      Ranking ranking,
      List<String> prompts,
      Duration read,
      Duration total) {
    long tokens = ranking.documents().stream().mapToLong(RankedDocument::promptTokens).sum();
    List<Result> results = new ArrayList<>();
    for (String prompt : prompts) {
      RankedDocument one = ranking.documents().get(results.size());
      results.add(new Result(one.index(), one.score(), one.logit(), one.promptTokens(), prompt));
    }
    return new ExplainAnswer(
        id,
        model,
        precision,
        new RerankAnswer.Tokens(tokens, tokens),
        work(ranking.report()),
        timings(ranking.report(), read, total),
        results);
  }

  private static Work work(RequestReport report) {
    return new Work(
        report.work().computedTokens(),
        report.work().sharedTokens(),
        report.work().encodedImages(),
        report.work().reusedImages());
  }

  private static Timings timings(RequestReport report, Duration read, Duration total) {
    return new Timings(
        millis(read),
        millis(report.preparationTime()),
        millis(report.queueTime()),
        millis(report.forwardTime()),
        millis(total));
  }

  private static double millis(Duration time) {
    return time.toNanos() / 1e6;
  }
}
