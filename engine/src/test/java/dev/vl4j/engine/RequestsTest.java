package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.batch.DeviceThread;
import dev.vl4j.engine.batch.Dispatcher;
import dev.vl4j.engine.batch.Forwards;
import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.batch.Scheduler;
import dev.vl4j.engine.limits.MemoryBudget;
import dev.vl4j.engine.limits.PreparationThreads;
import dev.vl4j.engine.limits.RequestGuard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However a request ends, its work stops, and what it had taken is there again. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RequestsTest {
  private static final long MIB = 1 << 20;
  private static final PreparedPrompt PROMPT =
      new PreparedPrompt(new int[] {1}, new int[0], List.of());

  private final MemoryBudget memory = new MemoryBudget(160 * MIB);

  /** What a forward does, which is given the check of its request. */
  private volatile Function<Runnable, List<Double>> forward = _ -> List.of(1.0);

  private final DeviceThread thread = new DeviceThread();
  private final Scheduler<PreparedPrompt, Double> scheduler =
      new Scheduler<>(
          new OnePromptForwards(),
          thread,
          4,
          new Scheduler.Listener() {
            @Override
            public void computed(Scheduler.Forward done) {}

            @Override
            public void stopped(IllegalStateException error) {
              requests().failAll(error);
            }
          });
  private final Requests<Double> requests =
      new Requests<>(
          new Dispatcher<>(List.of(scheduler), 1), new PreparationThreads(memory, 100, 1, 8));

  /** Preparations that have begun, and those that have ended. */
  private final CountDownLatch begun = new CountDownLatch(1);

  private final CountDownLatch ended = new CountDownLatch(1);

  private Requests<Double> requests() {
    return requests;
  }

  /** Computes one prompt at a time. */
  private final class OnePromptForwards implements Forwards<PreparedPrompt, Double> {
    @Override
    public List<PreparedPrompt> admit(List<PreparedPrompt> prompts, PreparedPrompt outline) {
      return prompts;
    }

    @Override
    public long cost(List<PreparedPrompt> items) {
      return items.size();
    }

    @Override
    public void release(PreparedPrompt item) {}

    @Override
    public boolean isReady(PreparedPrompt item) {
      return true;
    }

    @Override
    public void fetch(PreparedPrompt item, Runnable fetched) {}

    @Override
    public boolean evict() {
      return false;
    }

    @Override
    public Plan<PreparedPrompt, Double> plan() {
      return new Plan<>() {
        private boolean full;

        @Override
        public boolean add(PreparedPrompt item) {
          boolean added = !full;
          full = true;
          return added;
        }

        @Override
        public long cost() {
          return 1;
        }

        @Override
        public List<Work> works() {
          return List.of(new Work(1, 0, 0, 0));
        }

        @Override
        public Running<Double> start(Runnable check) {
          List<Double> results = forward.apply(check);
          return new Running<>() {
            @Override
            public boolean isDone() {
              return true;
            }

            @Override
            public List<Double> finish() {
              return results;
            }
          };
        }
      };
    }
  }

  @AfterEach
  void nothingIsLeft() throws InterruptedException {
    int _ = requests.close(0);
    assertThat(requests.awaitEnd(TimeUnit.SECONDS.toNanos(60))).isTrue();
    assertThat(memory.held()).isZero();
    assertThat(scheduler.inFlight()).isZero();
    thread.close();
  }

  private CompletableFuture<Integer> submit(
      @Nullable Duration timeout, Function<RequestGuard, Preparation.Prepared> preparing) {
    return requests.compute(preparing, timeout, done -> () -> done.finished().results().size());
  }

  private static Preparation.Prepared prepared() {
    return new Preparation.Prepared(List.of(PROMPT), PROMPT);
  }

  /** Prepares for ever, until the guard stops it. */
  private Preparation.Prepared forEver(RequestGuard guard) {
    guard.reserve(100 * MIB);
    begun.countDown();
    try {
      while (true) {
        guard.check();
      }
    } finally {
      ended.countDown();
    }
  }

  private static Throwable failure(CompletableFuture<?> request) {
    return request.handle((_, e) -> e).join();
  }

  @Test
  void submittingDoesNotWaitForPreparation() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    AtomicReference<Thread> preparing = new AtomicReference<>();
    CompletableFuture<Integer> request =
        submit(
            null,
            guard -> {
              preparing.set(Thread.currentThread());
              guard.reserve(2 * MIB);
              await(go);
              return prepared();
            });
    assertThat(request).isNotDone();
    go.countDown();
    assertThat(request.get()).isOne();
    assertThat(preparing.get().getName()).startsWith("vl4j-preparation-");
    assertThat(preparing.get().isVirtual()).isFalse();
    assertThat(preparing.get().isDaemon()).isTrue();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void timeEndsPreparation() throws Exception {
    CompletableFuture<Integer> request = submit(Duration.ofSeconds(1), this::forEver);
    begun.await();
    assertThat(failure(request))
        .isInstanceOf(DeadlineExceededException.class)
        .hasMessageContaining("PT1S");
    ended.await();
  }

  /** As long as a call of native code, say, that cannot be stopped. */
  @Test
  void anAnswerDoesNotWaitForWhatCannotBeStopped() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    CompletableFuture<Integer> request =
        submit(
            Duration.ofSeconds(1),
            guard -> {
              guard.reserve(100 * MIB);
              begun.countDown();
              while (go.getCount() > 0) {
                Thread.onSpinWait();
              }
              ended.countDown();
              return prepared();
            });
    assertThat(failure(request)).isInstanceOf(DeadlineExceededException.class);
    assertThat(ended.getCount()).isOne();
    assertThat(memory.held()).as("what is still in use").isEqualTo(100 * MIB);
    go.countDown();
    ended.await();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void callersEndPreparation(boolean cancelled) throws Exception {
    CompletableFuture<Integer> request = submit(null, this::forEver);
    begun.await();
    assertThat(cancelled ? request.cancel(false) : request.complete(7)).isTrue();
    assertThat(scheduler.inFlight()).isZero();
    ended.await();
  }

  /** Those that have not begun, too: the one that computes has the only turn. */
  @Test
  void shortPreparationsOvertakeLongOnes() throws Exception {
    CompletableFuture<Integer> longer = submit(null, this::forEver);
    begun.await();
    CompletableFuture<Integer> shorter =
        submit(
            null,
            guard -> {
              guard.check();
              return prepared();
            });
    assertThat(shorter.get()).isOne();
    assertThat(longer).isNotDone();
    longer.cancel(false);
    ended.await();
  }

  @Test
  void timeEndsWaitingForATurn() throws Exception {
    CompletableFuture<Integer> holder =
        submit(
            null,
            guard -> {
              guard.reserve(100 * MIB);
              begun.countDown();
              while (ended.getCount() > 0) {
                Thread.onSpinWait(); // its turn never ends
              }
              return prepared();
            });
    begun.await();
    CompletableFuture<Integer> second = submit(Duration.ofMillis(50), guard -> prepared());
    assertThat(failure(second)).isInstanceOf(DeadlineExceededException.class);
    ended.countDown();
    assertThat(holder.get()).isOne();
  }

  @Test
  void timeEndsWaitingForMemory() throws Exception {
    CompletableFuture<Integer> holder = submit(null, this::forEver);
    begun.await();
    CompletableFuture<Integer> second =
        submit(
            Duration.ofMillis(50),
            guard -> {
              guard.reserve(100 * MIB);
              return prepared();
            });
    assertThat(failure(second)).isInstanceOf(DeadlineExceededException.class);
    holder.cancel(false);
    ended.await();
  }

  @Test
  void lackOfMemoryIsNotTheCallersFault() {
    CompletableFuture<Integer> request =
        submit(
            null,
            guard -> {
              guard.reserve(100 * MIB);
              throw new OutOfMemoryError("a test");
            });
    assertThat(failure(request))
        .isInstanceOf(OverloadedException.class)
        .hasMessageContaining("not enough memory");
    assertThat(submit(null, _ -> prepared()).join()).isOne();
  }

  @Test
  void failuresAreHandedOn() {
    CompletableFuture<Integer> request =
        submit(
            null,
            _ -> {
              throw new InvalidRequestException("no picture");
            });
    assertThat(failure(request)).isInstanceOf(InvalidRequestException.class);
    CompletableFuture<Integer> worse =
        submit(
            null,
            _ -> {
              throw new AssertionError("a test");
            });
    assertThat(failure(worse)).isInstanceOf(AssertionError.class);
  }

  /** A forward need not come to its end when nobody waits for it. */
  @Test
  void cancellingEndsAForward() throws Exception {
    forward =
        check -> {
          begun.countDown();
          try {
            while (true) {
              check.run();
            }
          } finally {
            ended.countDown();
          }
        };
    CompletableFuture<Integer> request = submit(null, _ -> prepared());
    begun.await();
    request.cancel(false);
    ended.await();
    forward = _ -> List.of(1.0);
    assertThat(submit(null, _ -> prepared()).get()).isOne();
  }

  @Test
  void closingCutsWhatIsNotFinishedInTime() throws Exception {
    CompletableFuture<Integer> request = submit(null, this::forEver);
    begun.await();
    assertThat(requests.close(TimeUnit.MILLISECONDS.toNanos(20))).isOne();
    assertThat(failure(request))
        .isInstanceOf(RequestCancelledException.class)
        .hasMessageContaining("closed");
    ended.await();
    assertThatThrownBy(() -> submit(null, _ -> prepared()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThat(requests.close(0)).isZero();
  }

  /** At once, and not when its preparation comes to its end. */
  @Test
  void theEnginesEndFailsWhatIsBeingPrepared() throws Exception {
    CompletableFuture<Integer> waiting = submit(null, this::forEver);
    begun.await();
    forward =
        _ -> {
          throw new AssertionError("a test");
        };
    assertThat(failure(submit(null, _ -> prepared())))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("stopped after an error");
    assertThat(failure(waiting))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("stopped after an error");
    ended.await();
    assertThat(scheduler.isAlive()).isFalse();
  }

  @Test
  void placesAreLimitedWhileRequestsAreBeingPrepared() throws Exception {
    AtomicInteger prepared = new AtomicInteger();
    List<CompletableFuture<Integer>> held = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      held.add(
          submit(
              null,
              guard -> {
                prepared.incrementAndGet();
                begun.countDown();
                while (true) {
                  guard.check();
                }
              }));
    }
    assertThat(failure(submit(null, _ -> prepared())))
        .isInstanceOf(OverloadedException.class)
        .hasMessageContaining("4 requests");
    begun.await();
    held.forEach(request -> request.cancel(false));
    assertThat(submit(null, _ -> prepared()).join()).isOne();
    assertThat(prepared.get()).isBetween(1, 4);
  }
}
