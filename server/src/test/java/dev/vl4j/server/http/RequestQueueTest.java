package dev.vl4j.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.Ranking;
import dev.vl4j.engine.RequestReport;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.server.transport.Peer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RequestQueueTest {
  private static final RerankRequest REQUEST =
      RerankRequest.of(Content.text("q"), List.of(Content.text("d")));

  private static final Peer PEER = new Peer("10.0.0.1", "10.0.0.1");

  private final ScriptedReranker engine = new ScriptedReranker();
  private final RequestQueue line = new RequestQueue(engine, 2);

  private List<CompletableFuture<Ranking>> submit(int count) {
    List<CompletableFuture<Ranking>> answers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      answers.add(line.rank(PEER, () -> engine.submit(REQUEST)));
    }
    return answers;
  }

  @Test
  void theEngineHasNoMoreThanItsPlaces() throws Exception {
    List<CompletableFuture<Ranking>> answers = submit(5);
    Waiting.until(() -> engine.submitted.size() == 2);
    assertThat(line.statistics().requestsInFlight())
        .isEqualTo(engine.statistics().requestsInFlight() + 3);
    for (int i = 0; i < 5; i++) {
      int next = i;
      Waiting.until(() -> engine.submitted.size() > next);
      assertThat(engine.submitted.stream().filter(work -> !work.isDone()).count())
          .isLessThanOrEqualTo(2);
      engine.submitted.get(i).complete(ScriptedReranker.ranking(1));
    }
    for (CompletableFuture<Ranking> answer : answers) {
      assertThat(answer.get().documents()).isEqualTo(ScriptedReranker.ranking(1).documents());
    }
    assertThat(line.statistics().requestsInFlight())
        .isEqualTo(engine.statistics().requestsInFlight());
  }

  @Test
  void theTimeInTheLineIsReported() throws Exception {
    List<CompletableFuture<Ranking>> before = submit(2);
    CompletableFuture<Ranking> answer = line.rank(PEER, () -> engine.submit(REQUEST));
    Waiting.until(
        () -> line.statistics().requestsInFlight() == engine.statistics().requestsInFlight() + 1);
    engine.submitted.forEach(work -> work.complete(ScriptedReranker.ranking(1)));
    Waiting.until(() -> engine.submitted.size() == 3);
    assertThat(before).allMatch(CompletableFuture::isDone);
    engine.submitted.get(2).complete(ScriptedReranker.ranking(1));
    Ranking alone = ScriptedReranker.ranking(1);
    assertThat(answer.get().documents()).isEqualTo(alone.documents());
    RequestReport report = answer.get().report();
    assertThat(report.queueTime()).isGreaterThan(alone.report().queueTime());
    assertThat(report.prompts()).isEqualTo(1);
  }

  @Test
  void whoGivesUpAtOnceIsCancelled() throws Exception {
    CompletableFuture<Ranking> answer = line.rank(PEER, () -> engine.submit(REQUEST));
    assertThat(answer.cancel(false)).isTrue();
    Waiting.until(engine.submitted.getFirst()::isCancelled);
    assertThatThrownBy(answer::get).isInstanceOf(CancellationException.class);
  }

  @Test
  void whoGivesUpInTheLineIsNotComputed() throws Exception {
    List<CompletableFuture<Ranking>> answers = submit(4);
    Waiting.until(() -> engine.submitted.size() == 2);
    assertThat(answers.get(2).cancel(false)).isTrue();
    engine.submitted.get(0).complete(ScriptedReranker.ranking(1));
    Waiting.until(() -> engine.submitted.size() == 3);
    engine.submitted.get(2).complete(ScriptedReranker.ranking(1));
    assertThat(answers.get(3).get().documents()).hasSize(1);
    assertThat(engine.submitted).hasSize(3);
  }

  @Test
  void whoGivesUpLaterIsCancelled() throws Exception {
    List<CompletableFuture<Ranking>> answers = submit(3);
    Waiting.until(() -> engine.submitted.size() == 2);
    answers.get(0).cancel(false);
    Waiting.until(() -> engine.submitted.size() == 3);
    answers.get(2).cancel(false);
    assertThat(engine.submitted.get(0)).isCancelled();
    assertThatThrownBy(() -> engine.submitted.get(2).get())
        .isInstanceOf(CancellationException.class);
  }

  @Test
  void refusalsGiveTheirPlaceBack() throws Exception {
    engine.next =
        () -> {
          throw new InvalidRequestException("no");
        };
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(() -> line.rank(PEER, () -> engine.submit(REQUEST)))
          .isInstanceOf(InvalidRequestException.class);
    }
    engine.next = CompletableFuture::new;
    List<CompletableFuture<Ranking>> answers = submit(2);
    engine.next =
        () -> {
          throw new InvalidRequestException("later");
        };
    answers.addAll(submit(2));
    engine.submitted.get(0).complete(ScriptedReranker.ranking(1));
    for (CompletableFuture<Ranking> late : answers.subList(2, 4)) {
      assertThatThrownBy(late::get)
          .isInstanceOf(ExecutionException.class)
          .hasRootCauseInstanceOf(InvalidRequestException.class);
    }
  }

  /** Whoever has waited for many lets others in between. */
  @Test
  void peersTakeTurns() throws Exception {
    Peer other = new Peer("10.0.0.2", "10.0.0.2");
    RequestQueue four = new RequestQueue(engine, 4);
    List<CompletableFuture<Ranking>> many = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      many.add(four.rank(PEER, () -> engine.submit(REQUEST)));
    }
    assertThat(engine.submitted).as("three quarters of four places").hasSize(3);
    CompletableFuture<Ranking> first = four.rank(other, () -> engine.submit(REQUEST));
    assertThat(engine.submitted).hasSize(4);
    CompletableFuture<Ranking> second = four.rank(other, () -> engine.submit(REQUEST));
    engine.submitted.get(0).complete(ScriptedReranker.ranking(1));
    Waiting.until(() -> engine.submitted.size() == 5); // of the many
    engine.submitted.get(1).complete(ScriptedReranker.ranking(1));
    Waiting.until(() -> engine.submitted.size() == 6); // the other's
    engine.submitted.get(5).complete(ScriptedReranker.ranking(2));
    assertThat(second.get().documents()).hasSize(2);
    assertThat(many.get(4)).isNotDone();
    assertThat(first).isNotDone();
  }
}
