package dev.vl4j.engine.batch;

import static dev.vl4j.engine.batch.FakeForwards.logits;
import static dev.vl4j.engine.batch.FakeForwards.prompts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.batch.FakeForwards.Fault;
import dev.vl4j.engine.batch.Scheduler.Finished;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Three replicas on threads of their own. A fake prompt has five tokens. */
class DispatcherTest {
  private static final int REPLICAS = 3;
  private static final int MOST_REQUESTS = 6;

  /** Six prompts. */
  private static final int LEAST_TOKENS = 30;

  private final ConcurrentLinkedQueue<IllegalStateException> errors = new ConcurrentLinkedQueue<>();
  private final List<FakeForwards> fakes =
      Stream.generate(FakeForwards::new).limit(REPLICAS).toList();
  private final List<DeviceThread> threads =
      Stream.generate(DeviceThread::new).limit(REPLICAS).toList();
  private final Dispatcher<Double> dispatcher = new Dispatcher<>(schedulers(), LEAST_TOKENS);

  private List<Scheduler<?, Double>> schedulers() {
    List<Scheduler<?, Double>> schedulers = new ArrayList<>();
    for (int i = 0; i < REPLICAS; i++) {
      schedulers.add(
          new Scheduler<>(
              fakes.get(i),
              threads.get(i),
              MOST_REQUESTS,
              new Scheduler.Listener() {
                @Override
                public void computed(Scheduler.Forward forward) {}

                @Override
                public void stopped(IllegalStateException error) {
                  errors.add(error);
                }
              }));
    }
    return schedulers;
  }

  @AfterEach
  void everythingIsGivenBack() {
    fakes.forEach(FakeForwards::letAll);
    assertThat(dispatcher.drain(TimeUnit.SECONDS.toNanos(60))).isTrue();
    assertThat(dispatcher.awaitEnd(TimeUnit.SECONDS.toNanos(60))).isTrue();
    threads.forEach(DeviceThread::close);
    if (errors.isEmpty()) {
      fakes.forEach(FakeForwards::assertAllReleasedOnce);
    }
  }

  /** As the engine does: a request enters, is submitted, and leaves when it has ended. */
  private CompletableFuture<Finished<Double>> start(List<PreparedPrompt> prompts) {
    dispatcher.enter();
    CompletableFuture<Finished<Double>> request = dispatcher.submit(prompts, prompts.getFirst());
    CompletableFuture<?> _ = request.whenComplete((_, _) -> dispatcher.leave());
    return request;
  }

  private static Finished<Double> await(CompletableFuture<Finished<Double>> request)
      throws Exception {
    return request.get(60, TimeUnit.SECONDS);
  }

  /** How many prompts each replica was given. */
  private List<Integer> admitted() {
    return fakes.stream().map(fake -> fake.admitted.size()).toList();
  }

  @Test
  void resultsAreInOrderHoweverARequestIsSplit() throws Exception {
    fakes.forEach(FakeForwards::letAll);
    for (int count : new int[] {1, 2, 5, 6, 11, 12, 13, 17, 18, 19, 50, 301}) {
      List<PreparedPrompt> prompts = prompts(count, 7);
      Finished<Double> finished = await(start(prompts));
      assertThat(finished.results()).containsExactly(logits(prompts));
      assertThat(finished.work().computedTokens()).isEqualTo(7 * count);
      assertThat(finished.queueNanos()).isNotNegative();
      assertThat(finished.forwardNanos()).isPositive();
    }
  }

  @Test
  void aLongRequestIsSharedEvenlyAndAShortOneIsNot() throws Exception {
    fakes.forEach(FakeForwards::letAll);
    await(start(prompts(30, 1)));
    assertThat(admitted()).containsExactlyInAnyOrder(10, 10, 10);
    List<Integer> before = admitted();
    await(start(prompts(11, 1)));
    assertThat(since(before)).containsExactlyInAnyOrder(0, 0, 11);
    // Two parts of six, and no third of less than the least.
    before = admitted();
    await(start(prompts(12, 1)));
    assertThat(since(before)).containsExactlyInAnyOrder(0, 6, 6);
  }

  private List<Integer> since(List<Integer> before) {
    List<Integer> now = admitted();
    return IntStream.range(0, REPLICAS).mapToObj(i -> now.get(i) - before.get(i)).toList();
  }

  /** What was given to a replica counts until it is finished, and not longer. */
  @Test
  void requestsGoWhereLeastIsToDo() throws Exception {
    List<CompletableFuture<Finished<Double>>> requests = new ArrayList<>();
    for (int i = 0; i < REPLICAS; i++) {
      requests.add(start(prompts(5, 1)));
    }
    // Every replica has begun one.
    for (FakeForwards fake : fakes) {
      assertThat(fake.awaitForward()).hasSize(5);
    }
    // The first of them finishes its own, and is the idlest.
    FakeForwards idle = fakes.getFirst();
    int before = idle.admitted.size();
    idle.letAll();
    await(requests.getFirst());
    CompletableFuture<Finished<Double>> next = start(prompts(3, 1));
    assertThat(await(next).results()).hasSize(3);
    assertThat(idle.admitted).hasSize(before + 3);
    fakes.forEach(FakeForwards::letAll);
    for (CompletableFuture<Finished<Double>> request : requests) {
      assertThat(await(request).results()).hasSize(5);
    }
  }

  @Test
  void cancellingEndsAllParts() throws Exception {
    CompletableFuture<Finished<Double>> held = start(prompts(30, 90));
    for (FakeForwards fake : fakes) {
      assertThat(fake.awaitForward()).isNotEmpty();
    }
    assertThat(held.cancel(false)).isTrue();
    fakes.forEach(FakeForwards::letAll);
    List<PreparedPrompt> next = prompts(30, 1);
    assertThat(await(start(next)).results()).containsExactly(logits(next));
  }

  @Test
  void aPartThatFailsFailsTheRequestAndNoOther() throws Exception {
    fakes.forEach(FakeForwards::letAll);
    List<PreparedPrompt> prompts = new ArrayList<>(prompts(30, 1));
    prompts.set(17, FakeForwards.prompt(Fault.ADMISSION, 1));
    CompletableFuture<Finished<Double>> failing = start(prompts);
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(() -> await(failing))
        .withMessageContaining("not admitted");
    List<PreparedPrompt> next = prompts(30, 1);
    assertThat(await(start(next)).results()).containsExactly(logits(next));
    assertThat(dispatcher.isAlive()).isTrue();
  }

  @Test
  void aReplicaThatStopsStopsAll() throws Exception {
    fakes.forEach(FakeForwards::letAll);
    List<PreparedPrompt> prompts = new ArrayList<>(prompts(30, 1));
    prompts.set(17, FakeForwards.prompt(Fault.ERROR, 1));
    CompletableFuture<Finished<Double>> failing = start(prompts);
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(() -> await(failing))
        .withMessageContaining("stopped after an error");
    assertThat(dispatcher.isAlive()).isFalse();
    while (errors.isEmpty()) { // whoever listens hears of it after those who asked
      Thread.sleep(1);
    }
    assertThat(errors).hasSize(1);
    assertThatExceptionOfType(IllegalStateException.class).isThrownBy(dispatcher::enter);
    assertThat(dispatcher.inFlight()).isZero();
  }

  @Test
  void asManyRequestsAsOneReplicaTakes() {
    for (int i = 0; i < MOST_REQUESTS; i++) {
      dispatcher.enter();
    }
    assertThat(dispatcher.inFlight()).isEqualTo(MOST_REQUESTS);
    assertThatExceptionOfType(OverloadedException.class).isThrownBy(dispatcher::enter);
    dispatcher.leave();
    dispatcher.enter();
    for (int i = 0; i < MOST_REQUESTS; i++) {
      dispatcher.leave();
    }
    assertThat(dispatcher.inFlight()).isZero();
  }
}
