package dev.vl4j.springboot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RequestCancelledException;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Requests that are in flight when an application ends. */
@Timeout(120)
class GracefulEndTest {
  /** An answer is handed over by a thread of its own, which may come after the end. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Content QUERY = Content.text("a red circle");
  private static final Content DOCUMENT = Content.text("A circle has no corners. ".repeat(20));

  private final ApplicationContextRunner application =
      new ApplicationContextRunner()
          .withConfiguration(AutoConfigurations.of(Vl4jAutoConfiguration.class))
          .withPropertyValues("vl4j.model=demo");
  private final AtomicReference<CompletableFuture<Ranking>> answer = new AtomicReference<>();

  private void endWhileItIsBusy(String grace, int documents) {
    application
        .withPropertyValues("vl4j.shutdown-grace=" + grace)
        .run(context ->
            answer.set(
                context
                    .getBean(Reranker.class)
                    .submit(RerankRequest.of(QUERY, Collections.nCopies(documents, DOCUMENT)))));
  }

  @Test
  void requestsAreFinishedWithinTheGrace() {
    endWhileItIsBusy("100s", 20);
    assertThat(answer.get())
        .succeedsWithin(PATIENCE)
        .extracting(ranking -> ranking.documents().size())
        .isEqualTo(20);
  }

  /** Far more than could be computed in the time between. */
  @Test
  void requestsAreCancelledAfterTheGrace() {
    endWhileItIsBusy("0s", 10_000);
    assertThat(answer.get())
        .failsWithin(PATIENCE)
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(RequestCancelledException.class);
  }

  /** Ranks once more at its own end. */
  private record LastWord(Reranker reranker, CompletableFuture<Double> score)
      implements DisposableBean {
    @Override
    public void destroy() {
      score.complete(reranker.score(QUERY, List.of(DOCUMENT))[0]);
    }
  }

  @Test
  void beansThatUseAModelEndBeforeIt() {
    CompletableFuture<Double> score = new CompletableFuture<>();
    application
        .withBean("score", CompletableFuture.class, () -> score)
        .withBean(LastWord.class)
        .run(context -> assertThat(context).hasSingleBean(LastWord.class));
    assertThat(score).isCompleted();
  }
}
