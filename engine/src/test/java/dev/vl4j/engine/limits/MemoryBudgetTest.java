package dev.vl4j.engine.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who gets memory, who waits for it, and who is refused. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MemoryBudgetTest {
  private static final long MIB = 1 << 20;

  private final MemoryBudget budget = new MemoryBudget(160 * MIB, Duration.ofMinutes(1));

  /** Takes bytes on a thread of its own, as soon as there are some. */
  private CompletableFuture<Void> take(long bytes, long holds) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread.startVirtualThread(() -> {
      try {
        budget.take(bytes, holds);
        done.complete(null);
      } catch (InterruptedException | RuntimeException e) {
        done.completeExceptionally(e);
      }
    });
    return done;
  }

  private void awaitWaiting(int count) throws InterruptedException {
    while (budget.waiting() != count) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  @Test
  void whatIsTakenIsGone() {
    assertThat(budget.tryTake(100 * MIB, 0)).isTrue();
    assertThat(budget.tryTake(51 * MIB, 0)).isFalse();
    assertThat(budget.tryTake(50 * MIB, 0)).isTrue();
    assertThat(budget.held()).isEqualTo(150 * MIB);
    budget.give(100 * MIB);
    assertThat(budget.tryTake(51 * MIB, 0)).isTrue();
  }

  /** The last sixteenth is there for ordinary requests beside huge ones. */
  @Test
  void smallPiecesHaveAPartOfTheirOwn() {
    assertThat(budget.tryTake(150 * MIB, 0)).isTrue();
    assertThat(budget.tryTake(MIB + 1, 0)).isFalse();
    for (int i = 0; i < 10; i++) {
      assertThat(budget.tryTake(MIB, 0)).isTrue();
    }
    assertThat(budget.tryTake(1, 0)).isFalse();
  }

  @Test
  void whatCanNeverFitIsTheRequestsFault() {
    assertThatThrownBy(() -> budget.tryTake(151 * MIB, 0))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("151 MiB")
        .hasMessageContaining("150 MiB");
    assertThatThrownBy(() -> budget.tryTake(100 * MIB, 51 * MIB))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("151 MiB");
    assertThat(budget.held()).isZero();
  }

  @Test
  void waitersAreServedInTheirOrder() throws Exception {
    assertThat(budget.tryTake(140 * MIB, 0)).isTrue();
    CompletableFuture<Void> large = take(100 * MIB, 0);
    awaitWaiting(1);
    CompletableFuture<Void> less = take(10 * MIB, 0);
    awaitWaiting(2);
    assertThat(budget.tryTake(10 * MIB, 0)).as("behind those that wait").isFalse();
    assertThat(budget.tryTake(MIB, 0)).as("small pieces pass").isTrue();
    budget.give(91 * MIB);
    large.get();
    assertThat(less).isNotDone();
    budget.give(10 * MIB);
    less.get();
    assertThat(budget.held()).isEqualTo(150 * MIB);
    assertThat(budget.waiting()).isZero();
  }

  @Test
  void whoeverWouldWaitForThoseThatWaitIsRefused() throws Exception {
    assertThat(budget.tryTake(80 * MIB, 0)).isTrue();
    assertThat(budget.tryTake(60 * MIB, 0)).isTrue();
    CompletableFuture<Void> first = take(60 * MIB, 80 * MIB);
    awaitWaiting(1);
    assertThatThrownBy(() -> take(60 * MIB, 60 * MIB).get())
        .hasCauseInstanceOf(OverloadedException.class)
        .hasMessageContaining("hold 140 MiB");
    budget.give(60 * MIB);
    first.get();
  }

  @Test
  void waitingHasAnEnd() {
    MemoryBudget impatient = new MemoryBudget(160 * MIB, Duration.ofMillis(1));
    assertThat(impatient.tryTake(150 * MIB, 0)).isTrue();
    assertThatThrownBy(() -> impatient.take(2 * MIB, 0))
        .isInstanceOf(OverloadedException.class)
        .hasMessageContaining("hold 150 MiB")
        .hasMessageContaining("no 2048 KiB more");
    assertThat(impatient.held()).isEqualTo(150 * MIB);
    assertThat(impatient.waiting()).isZero();
  }
}
