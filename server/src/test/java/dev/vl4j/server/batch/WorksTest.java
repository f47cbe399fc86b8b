package dev.vl4j.server.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.OverloadedException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorksTest {
  /** What the engine was asked, in order, and what it still has to say. */
  private final List<CompletableFuture<String>> asked = new CopyOnWriteArrayList<>();

  private CompletableFuture<String> engine() {
    CompletableFuture<String> answer = new CompletableFuture<>();
    asked.add(answer);
    return answer;
  }

  private static void full(CompletableFuture<?> answer) {
    answer.completeExceptionally(new OverloadedException("full"));
  }

  private CompletableFuture<String> awaitAsked(int number) throws InterruptedException {
    while (asked.size() < number) {
      Thread.sleep(1);
    }
    return asked.get(number - 1);
  }

  @Test
  void whatFoundTheEngineFullGoesAgainWhenAnotherHasEnded() throws InterruptedException {
    Works works = new Works(4);
    CompletableFuture<String> first = works.begin(this::engine);
    CompletableFuture<String> second = works.begin(this::engine);
    full(asked.get(1));
    assertThat(second).isNotDone();
    assertThat(asked).hasSize(2);
    asked.getFirst().complete("a");
    assertThat(first.join()).isEqualTo("a");
    awaitAsked(3).complete("b");
    assertThat(second.join()).isEqualTo("b");
  }

  @Test
  void itGoesBeforeNewOnes() throws InterruptedException {
    Works works = new Works(4);
    CompletableFuture<String> _ = works.begin(this::engine);
    CompletableFuture<String> second = works.begin(this::engine);
    full(asked.get(1));
    CompletableFuture<CompletableFuture<String>> third = new CompletableFuture<>();
    Thread reader = Thread.ofVirtual().start(() -> third.complete(works.begin(this::engine)));
    asked.getFirst().complete("a");
    CompletableFuture<String> retried = awaitAsked(3);
    // It is alone now, and is left so.
    assertThat(third).isNotDone();
    retried.complete("b");
    assertThat(second.join()).isEqualTo("b");
    awaitAsked(4).complete("c");
    reader.join();
    assertThat(third.join().join()).isEqualTo("c");
  }

  @Test
  void whatIsTooMuchForAnEngineThatDoesNothingElseFails() throws InterruptedException {
    Works works = new Works(4);
    CompletableFuture<String> only = works.begin(this::engine);
    full(asked.getFirst());
    full(awaitAsked(2));
    assertThat(only)
        .failsWithin(Duration.ofSeconds(60))
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(OverloadedException.class);
    assertThat(asked).hasSize(2);
    CompletableFuture<String> other = works.begin(this::engine);
    asked.getLast().complete("a");
    assertThat(other.join()).isEqualTo("a");
  }

  /** An engine with room for two, which says so at once. */
  @Test
  void manyAreAllDone() {
    Works works = new Works(32);
    int[] held = new int[1];
    List<CompletableFuture<Integer>> results = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 300; i++) {
      int number = i;
      results.add(
          works.begin(() -> {
            synchronized (held) {
              if (held[0] == 2) {
                throw new OverloadedException("full");
              }
              held[0]++;
            }
            return CompletableFuture.supplyAsync(() -> {
              synchronized (held) {
                held[0]--;
              }
              return number;
            });
          }));
    }
    for (int i = 0; i < 300; i++) {
      assertThat(results.get(i).join()).isEqualTo(i);
    }
  }

  @Test
  void whatIsNotWantedAnyMoreDoesNotGoAgain() throws InterruptedException {
    Works works = new Works(4);
    CompletableFuture<String> _ = works.begin(this::engine);
    CompletableFuture<String> second = works.begin(this::engine);
    full(asked.get(1));
    second.cancel(false);
    asked.getFirst().complete("a");
    CompletableFuture<String> third = works.begin(this::engine);
    awaitAsked(3).complete("c");
    assertThat(third.join()).isEqualTo("c");
    assertThat(asked).hasSize(3);
  }
}
