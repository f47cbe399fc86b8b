package dev.vl4j.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.kernels.DeviceLostException;
import dev.vl4j.kernels.OutOfDeviceMemoryException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * On a device that computes by itself: what is queued, what waits, and what a failure takes with
 * it.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class QueuedForwardsTest {
  /** Prompts of a forward. */
  private static final int MOST = 2;

  /** A prompt, told apart by its only token. */
  private record Item(int number, AtomicInteger releases) {}

  /** A forward that the device has been given; the test says what becomes of it. */
  private static final class Given implements Forwards.Running<Double> {
    final List<Integer> numbers;
    final CompletableFuture<Void> computed = new CompletableFuture<>();

    Given(List<Integer> numbers) {
      this.numbers = numbers;
    }

    @Override
    public boolean isDone() {
      return computed.isDone();
    }

    @Override
    public List<Double> finish() {
      try {
        computed.get();
      } catch (ExecutionException e) {
        throw (RuntimeException) e.getCause();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return numbers.stream().map(number -> number / 2.0).toList();
    }
  }

  private final BlockingQueue<Given> given = new LinkedBlockingQueue<>();
  private final ConcurrentLinkedQueue<Item> admitted = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Integer> unready = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Runnable> fetched = new ConcurrentLinkedQueue<>();

  /** Most prompts that the device has memory for. */
  private volatile int room = MOST;

  private volatile boolean holdsForLater;
  private final AtomicInteger evictions = new AtomicInteger();
  private final DeviceThread thread = new DeviceThread();
  private final Scheduler<Item, Double> scheduler =
      new Scheduler<>(new Device(), thread, 100, forward -> {});

  private final class Device implements Forwards<Item, Double> {
    @Override
    public List<Item> admit(List<PreparedPrompt> prompts, PreparedPrompt outline) {
      List<Item> items =
          prompts.stream().map(prompt -> new Item(prompt.ids()[0], new AtomicInteger())).toList();
      admitted.addAll(items);
      return items;
    }

    @Override
    public long cost(List<Item> items) {
      return items.size();
    }

    @Override
    public boolean isReady(Item item) {
      return !unready.contains(item.number);
    }

    @Override
    public void fetch(Item item, Runnable ready) {
      if (!isReady(item)) {
        fetched.add(ready);
      }
    }

    @Override
    public void release(Item item) {
      item.releases.incrementAndGet();
    }

    @Override
    public boolean evict() {
      evictions.incrementAndGet();
      boolean held = holdsForLater;
      holdsForLater = false;
      return held;
    }

    @Override
    public Plan<Item, Double> plan() {
      return new Plan<>() {
        private final List<Item> items = new ArrayList<>();

        @Override
        public boolean add(Item item) {
          return items.size() < MOST && items.add(item);
        }

        @Override
        public long cost() {
          return items.size();
        }

        @Override
        public List<Work> works() {
          return items.stream().map(item -> new Work(1, 0, 0, 0)).toList();
        }

        @Override
        public Running<Double> start(Runnable check) {
          if (holdsForLater || items.size() > room) {
            throw new OutOfDeviceMemoryException("test", items.size(), room);
          }
          Given forward = new Given(items.stream().map(Item::number).toList());
          given.add(forward);
          return forward;
        }
      };
    }
  }

  @AfterEach
  void everythingIsReleasedOnce() {
    scheduler.close();
    thread.close();
    assertThat(admitted).allSatisfy(item -> assertThat(item.releases).hasValue(1));
  }

  private CompletableFuture<Scheduler.Finished<Double>> submit(int... numbers) {
    List<PreparedPrompt> prompts = new ArrayList<>();
    for (int number : numbers) {
      prompts.add(new PreparedPrompt(new int[] {number}, new int[0], List.of()));
    }
    return scheduler.submit(prompts, prompts.getFirst());
  }

  private Given next(Integer... numbers) throws InterruptedException {
    Given forward = given.poll(60, TimeUnit.SECONDS);
    assertThat(forward).as("a forward is given to the device").isNotNull();
    assertThat(forward.numbers).containsExactly(numbers);
    return forward;
  }

  private @Nullable Given nextOrNone() throws InterruptedException {
    return given.poll(100, TimeUnit.MILLISECONDS);
  }

  private static List<Double> results(CompletableFuture<Scheduler.Finished<Double>> request)
      throws Exception {
    return request.get(60, TimeUnit.SECONDS).results();
  }

  @Test
  void oneForwardIsQueuedBehindTheOneThatRuns() throws Exception {
    CompletableFuture<Scheduler.Finished<Double>> request = submit(1, 2, 3, 4, 5, 6);
    Given first = next(1, 2);
    Given second = next(3, 4);
    assertThat(nextOrNone()).as("a third").isNull();
    first.computed.complete(null);
    Given third = next(5, 6);
    second.computed.complete(null);
    third.computed.complete(null);
    assertThat(results(request)).containsExactly(0.5, 1.0, 1.5, 2.0, 2.5, 3.0);
  }

  @Test
  void whatArrivesWhileTheDeviceComputesIsQueued() throws Exception {
    CompletableFuture<Scheduler.Finished<Double>> first = submit(1);
    Given running = next(1);
    CompletableFuture<Scheduler.Finished<Double>> second = submit(2);
    Given queued = next(2);
    running.computed.complete(null);
    assertThat(results(first)).containsExactly(0.5);
    queued.computed.complete(null);
    assertThat(results(second)).containsExactly(1.0);
  }

  /** The one behind builds on the one that failed, so it is computed again. */
  @Test
  void forwardBehindAFailedOneIsComputedAgain() throws Exception {
    CompletableFuture<Scheduler.Finished<Double>> bad = submit(1, 2);
    Given first = next(1, 2);
    CompletableFuture<Scheduler.Finished<Double>> good = submit(3, 4);
    Given second = next(3, 4);
    first.computed.completeExceptionally(new IllegalArgumentException("first"));
    second.computed.completeExceptionally(new SpoiltForwardException());
    next(3, 4).computed.complete(null);
    assertThat(results(good)).containsExactly(1.5, 2.0);
    assertThatThrownBy(() -> results(bad)).hasCauseInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void failureOfTwoRequestsIsThatOfOne() throws Exception {
    CompletableFuture<Scheduler.Finished<Double>> held = submit(8, 9);
    Given running = next(8, 9);
    CompletableFuture<Scheduler.Finished<Double>> queued = submit(6, 7);
    Given second = next(6, 7);
    CompletableFuture<Scheduler.Finished<Double>> good = submit(1);
    CompletableFuture<Scheduler.Finished<Double>> bad = submit(2);
    running.computed.complete(null);
    next(1, 2).computed.completeExceptionally(new IllegalArgumentException("together"));
    second.computed.complete(null);
    next(1).computed.complete(null);
    next(2).computed.completeExceptionally(new IllegalArgumentException("alone"));
    assertThat(results(held)).containsExactly(4.0, 4.5);
    assertThat(results(queued)).containsExactly(3.0, 3.5);
    assertThat(results(good)).containsExactly(0.5);
    assertThatThrownBy(() -> results(bad)).hasRootCauseMessage("alone");
  }

  @Test
  void lackOfMemoryFirstEvicts() throws Exception {
    holdsForLater = true;
    CompletableFuture<Scheduler.Finished<Double>> request = submit(1, 2);
    next(1, 2).computed.complete(null);
    assertThat(results(request)).containsExactly(0.5, 1.0);
    assertThat(evictions).hasValue(1);
  }

  @Test
  void lackOfMemoryThenSplits() throws Exception {
    room = 1;
    CompletableFuture<Scheduler.Finished<Double>> request = submit(1, 2);
    next(1).computed.complete(null);
    next(2).computed.complete(null);
    assertThat(results(request)).containsExactly(0.5, 1.0);
  }

  @Test
  void lackOfMemoryThenRefuses() throws Exception {
    room = 0;
    CompletableFuture<Scheduler.Finished<Double>> refused = submit(1, 2);
    assertThatThrownBy(() -> results(refused))
        .hasCauseInstanceOf(OverloadedException.class)
        .hasMessageContaining("1 bytes needed, 0 free");
    room = MOST;
    CompletableFuture<Scheduler.Finished<Double>> other = submit(3);
    next(3).computed.complete(null);
    assertThat(results(other)).containsExactly(1.5);
  }

  @Test
  void othersGoOnWhileSomethingIsFetched() throws Exception {
    unready.add(1);
    CompletableFuture<Scheduler.Finished<Double>> waiting = submit(1, 2);
    CompletableFuture<Scheduler.Finished<Double>> other = submit(3);
    next(3).computed.complete(null);
    assertThat(results(other)).containsExactly(1.5);
    assertThat(nextOrNone()).as("a forward of what is not ready").isNull();
    unready.clear();
    fetched.forEach(Runnable::run);
    next(1, 2).computed.complete(null);
    assertThat(results(waiting)).containsExactly(0.5, 1.0);
  }

  @Test
  void lostDeviceEndsTheEngine() throws Exception {
    CompletableFuture<Scheduler.Finished<Double>> request = submit(1);
    next(1).computed.completeExceptionally(new DeviceLostException("gone"));
    assertThatThrownBy(() -> results(request))
        .hasCauseInstanceOf(IllegalStateException.class)
        .hasRootCauseMessage("gone");
    assertThat(scheduler.isAlive()).isFalse();
    admitted.clear();
  }
}
