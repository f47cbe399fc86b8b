package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.RerankObserver.RequestReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What {@link Reranker#submitWithReport} says of a request. */
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
    RerankObserver observer =
        new RerankObserver() {
          @Override
          public void requestFinished(RequestReport report) {
            heard.add(report);
          }
        };
    try (Reranker reranker = Reranker.openDemo(RerankerOptions.DEFAULT.withObserver(observer))) {
      Ranking first = reranker.submitWithReport(REQUEST).get(60, TimeUnit.SECONDS);
      assertThat(first.documents()).isEqualTo(reranker.rerank(REQUEST));
      assertThat(first.documents().getFirst().index()).isEqualTo(1);
      assertThat(heard.getFirst()).isSameAs(first.report());
      RequestReport report = first.report();
      assertThat(report.documents()).isEqualTo(2);
      assertThat(report.work().promptTokens())
          .isEqualTo(first.documents().stream().mapToInt(Ranked::promptTokens).sum());
      assertThat(report.work().sharedTokens()).isPositive();
      assertThat(report.preparationTime()).isPositive();
      assertThat(report.queueTime()).isGreaterThanOrEqualTo(Duration.ZERO);
      assertThat(report.forwardTime()).isPositive();

      Ranking one = reranker.submitWithReport(REQUEST.withTopN(1)).get(60, TimeUnit.SECONDS);
      assertThat(one.documents()).containsExactly(first.documents().getFirst());
      assertThat(one.report().documents()).isEqualTo(2);
      assertThat(one.report().work().sharedTokens()).isGreaterThan(report.work().sharedTokens());
    }
  }

  @Test
  void badRequestsAreRefusedAtOnce() {
    try (Reranker reranker = Reranker.openDemo(RerankerOptions.DEFAULT)) {
      assertThatThrownBy(
              () -> reranker.submitWithReport(RerankRequest.of(Content.text("q"), List.of())))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("documents");
    }
  }
}
