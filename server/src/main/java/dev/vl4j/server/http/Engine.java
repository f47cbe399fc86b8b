package dev.vl4j.server.http;

import dev.vl4j.engine.Precision;
import dev.vl4j.engine.Ranked;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.engine.Statistics;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What the server needs of a model. It computes on threads of its own; handlers only wait. */
public interface Engine {
  /** See {@link Reranker#submit}. */
  CompletableFuture<List<Ranked>> submit(RerankRequest request);

  /** See {@link Reranker#submitWithReport}. */
  CompletableFuture<Ranking> submitWithReport(RerankRequest request);

  /** See {@link Reranker#renderPrompt}. */
  String renderPrompt(RerankRequest request, int document);

  /** See {@link Reranker#submitPrompts}. */
  CompletableFuture<List<Ranked>> submitPrompts(List<int[]> prompts);

  /** See {@link Reranker#tokenize}. */
  int[] tokenize(String text);

  /** See {@link Reranker#tokenizePrompt}. */
  int[] tokenizePrompt(String text);

  /** See {@link Reranker#promptTokens}. */
  int[] promptTokens(RerankRequest request, int document);

  /** See {@link Reranker#detokenize}. */
  String detokenize(int[] ids);

  /** See {@link Reranker#tokenSpelling}. */
  String tokenSpelling(int id);

  /** See {@link Reranker#precision}. */
  Precision precision();

  /** The longest prompt accepted, in tokens. */
  int maxTokens();

  /** Whether requests are computed. */
  boolean isAlive();

  Statistics statistics();

  /** A reranker, which stays the caller's to close. */
  static Engine of(Reranker reranker) {
    return new Engine() {
      @Override
      public CompletableFuture<List<Ranked>> submit(RerankRequest request) {
        return reranker.submit(request);
      }

      @Override
      public CompletableFuture<Ranking> submitWithReport(RerankRequest request) {
        return reranker.submitWithReport(request);
      }

      @Override
      public String renderPrompt(RerankRequest request, int document) {
        return reranker.renderPrompt(request, document);
      }

      @Override
      public CompletableFuture<List<Ranked>> submitPrompts(List<int[]> prompts) {
        return reranker.submitPrompts(prompts);
      }

      @Override
      public int[] tokenize(String text) {
        return reranker.tokenize(text);
      }

      @Override
      public int[] tokenizePrompt(String text) {
        return reranker.tokenizePrompt(text);
      }

      @Override
      public int[] promptTokens(RerankRequest request, int document) {
        return reranker.promptTokens(request, document);
      }

      @Override
      public String detokenize(int[] ids) {
        return reranker.detokenize(ids);
      }

      @Override
      public String tokenSpelling(int id) {
        return reranker.tokenSpelling(id);
      }

      @Override
      public Precision precision() {
        return reranker.precision();
      }

      @Override
      public int maxTokens() {
        return reranker.maxTokens();
      }

      @Override
      public boolean isAlive() {
        return reranker.isAlive();
      }

      @Override
      public Statistics statistics() {
        return reranker.statistics();
      }
    };
  }
}
