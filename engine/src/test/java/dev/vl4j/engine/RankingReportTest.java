package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What rankings say of a request, and in which order. */
class RankingReportTest {
  private static final RerankRequest REQUEST =
      RerankRequest.of(
          Content.text("What is the capital of China?"),
          List.of(
              Content.text("Gravity is a force."),
              Content.text("The capital of China is Beijing.")));

  @Test
  void rankingsAreTheSameAndReportsTheObservers() throws Exception {
    List<RequestReport> heard = new ArrayList<>();
    EngineObserver observer =
        new EngineObserver() {
          @Override
          public void requestFinished(RequestReport report) {
            heard.add(report);
          }
        };
    try (Reranker reranker = Reranker.openDemo(ModelOptions.DEFAULT.withObserver(observer))) {
      Ranking first = reranker.submit(REQUEST).get(60, TimeUnit.SECONDS);
      assertThat(first.documents()).isEqualTo(reranker.rerank(REQUEST));
      assertThat(first.documents().getFirst().index()).isEqualTo(1);
      assertThat(heard.getFirst()).isSameAs(first.report());
      RequestReport report = first.report();
      assertThat(report.prompts()).isEqualTo(2);
      assertThat(report.work().promptTokens())
          .isEqualTo(first.documents().stream().mapToInt(RankedDocument::promptTokens).sum());
      assertThat(report.work().sharedTokens()).isPositive();
      assertThat(report.preparationTime()).isPositive();
      assertThat(report.queueTime()).isGreaterThanOrEqualTo(Duration.ZERO);
      assertThat(report.forwardTime()).isPositive();

      Ranking one = reranker.submit(REQUEST.withTopN(1)).get(60, TimeUnit.SECONDS);
      assertThat(one.documents()).containsExactly(first.documents().getFirst());
      assertThat(one.report().prompts()).isEqualTo(2);
      assertThat(one.report().work().sharedTokens()).isGreaterThan(report.work().sharedTokens());
    }
  }

  @Test
  void scoresAreInTheOrderOfTheRequest() {
    try (Reranker reranker = Reranker.openDemo()) {
      List<RankedDocument> best = reranker.rerank(REQUEST);
      assertThat(best).extracting(RankedDocument::index).containsExactly(1, 0);
      double[] scores = {best.get(1).score(), best.get(0).score()};
      assertThat(reranker.score(REQUEST.query(), REQUEST.documents())).isEqualTo(scores);
      assertThat(reranker.score(REQUEST.withTopN(1))).as("of all documents").isEqualTo(scores);
      Ranking ranking = reranker.submit(REQUEST).join();
      assertThat(ranking.inRequestOrder()).containsExactly(best.get(1), best.get(0));
    }
  }
}
