package dev.vl4j.server.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WindowTest {
  private static final Answered ANSWER = new Answered(new byte[0], 1, 1, null, 1);

  private static void awaitWaiting(Thread thread) throws InterruptedException {
    while (thread.getState() != Thread.State.WAITING) {
      assertThat(thread.isAlive()).isTrue();
      Thread.sleep(1);
    }
  }

  private static CompletableFuture<Answered> enter(Window window, long bytes) {
    return Objects.requireNonNull(window.enter(bytes));
  }

  @Test
  void aLineWaitsUntilItsBytesHaveRoom() throws InterruptedException {
    Window window = new Window(10, 100);
    CompletableFuture<Answered> first = enter(window, 60);
    CompletableFuture<Answered> second = enter(window, 40);
    AtomicBoolean entered = new AtomicBoolean();
    Thread third = Thread.ofPlatform().start(() -> entered.set(window.enter(41) != null));
    awaitWaiting(third);
    second.complete(ANSWER);
    awaitWaiting(third);
    first.complete(ANSWER);
    assertThat(window.next()).isSameAs(ANSWER);
    third.join();
    assertThat(entered).isTrue();
  }

  @Test
  void aLineOfTooManyBytesGoesAlone() throws InterruptedException {
    Window window = new Window(10, 100);
    CompletableFuture<Answered> first = enter(window, 1000);
    AtomicBoolean entered = new AtomicBoolean();
    Thread second = Thread.ofPlatform().start(() -> entered.set(window.enter(1) != null));
    awaitWaiting(second);
    first.complete(ANSWER);
    assertThat(window.next()).isSameAs(ANSWER);
    second.join();
    assertThat(entered).isTrue();
  }

  @Test
  void stoppingWakesWhoWaits() throws InterruptedException {
    Window window = new Window(1, 100);
    CompletableFuture<Answered> first = enter(window, 1);
    AtomicBoolean refused = new AtomicBoolean();
    AtomicBoolean ended = new AtomicBoolean();
    Thread reader = Thread.ofPlatform().start(() -> refused.set(window.enter(1) == null));
    Thread writer = Thread.ofPlatform().start(() -> ended.set(window.next() == null));
    awaitWaiting(reader);
    awaitWaiting(writer);
    window.stop();
    reader.join();
    writer.join();
    assertThat(refused).isTrue();
    assertThat(ended).isTrue();
    assertThat(first).isCancelled();
    assertThat(window.enter(1)).isNull();
  }

  @Test
  void aFailureOfTheInputComesBehindTheAnswers() {
    Window window = new Window(10, 100);
    enter(window, 1).complete(ANSWER);
    window.end(new BatchException("broken"));
    assertThat(window.next()).isSameAs(ANSWER);
    assertThatThrownBy(window::next).hasMessage("broken");
  }

  /** Or else a line would be left out without a word. */
  @Test
  void workThatSomebodyElseCancelsIsAFailure() {
    Window window = new Window(10, 100);
    enter(window, 1).cancel(false);
    assertThatThrownBy(window::next).isInstanceOf(IllegalStateException.class);
  }
}
