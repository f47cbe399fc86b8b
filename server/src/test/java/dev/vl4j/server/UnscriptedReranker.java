package dev.vl4j.server;

import dev.vl4j.engine.CacheStatistics;
import dev.vl4j.engine.DeviceInfo;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RequestReport;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.Statistics;
import dev.vl4j.engine.WorkReport;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A reranker without a model, which answers nothing: a test overrides what it asks. */
public class UnscriptedReranker implements Reranker {
  /** A ranking that took one millisecond to prepare, two of waiting, and three to compute. */
  public static Ranking ranking(List<RankedDocument> documents) {
    return new Ranking(
        documents,
        new RequestReport(
            documents.size(),
            new WorkReport(7, 3, 2, 1),
            Duration.ofMillis(1),
            Duration.ofMillis(2),
            Duration.ofMillis(3)));
  }

  private static UnsupportedOperationException unscripted(String method) {
    return new UnsupportedOperationException("this test's reranker does not " + method);
  }

  @Override
  public CompletableFuture<Ranking> submit(RerankRequest request) {
    throw unscripted("submit");
  }

  @Override
  public CompletableFuture<Ranking> submitPrompts(List<int[]> prompts) {
    throw unscripted("submitPrompts");
  }

  @Override
  public String renderPrompt(RerankRequest request, int document) {
    throw unscripted("renderPrompt");
  }

  @Override
  public int[] promptTokens(RerankRequest request, int document) {
    throw unscripted("promptTokens");
  }

  @Override
  public int[] tokenize(String text) {
    throw unscripted("tokenize");
  }

  @Override
  public int[] tokenizePrompt(String text) {
    throw unscripted("tokenizePrompt");
  }

  @Override
  public String detokenize(int[] ids) {
    throw unscripted("detokenize");
  }

  @Override
  public String tokenSpelling(int id) {
    throw unscripted("tokenSpelling");
  }

  @Override
  public Precision precision() {
    return Precision.F32;
  }

  @Override
  public List<DeviceInfo> devices() {
    return List.of(new DeviceInfo("unscripted", 7, "a \"device\""));
  }

  @Override
  public int maxTokens() {
    return 100;
  }

  @Override
  public boolean isAlive() {
    return true;
  }

  @Override
  public Statistics statistics() {
    return new Statistics(0, 0, CacheStatistics.NONE, CacheStatistics.NONE);
  }

  @Override
  public int close(Duration grace) {
    return 0;
  }
}
