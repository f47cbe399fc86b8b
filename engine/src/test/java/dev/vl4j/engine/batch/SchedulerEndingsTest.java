package dev.vl4j.engine.batch;

import static dev.vl4j.engine.batch.FakeForwards.logits;
import static dev.vl4j.engine.batch.FakeForwards.prompt;
import static dev.vl4j.engine.batch.FakeForwards.prompts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.batch.FakeForwards.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** However a request ends, its prompts are released once and others do not suffer. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SchedulerEndingsTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  static {
    System.out.println("tests.seed=" + SEED);
  }

  private final FakeForwards fake = new FakeForwards();

  private final DeviceThread thread = new DeviceThread();

  @AfterEach
  void endThread() {
    thread.close();
  }

  private Scheduler<FakeForwards.Item, Double> scheduler() {
    return new Scheduler<>(fake, thread, 3, forward -> {});
  }

  private static CompletableFuture<Scheduler.Finished<Double>> submit(
      Scheduler<?, Double> scheduler, List<PreparedPrompt> prompts) {
    return scheduler.submit(prompts, prompts.getFirst());
  }

  private static List<Double> await(CompletableFuture<Scheduler.Finished<Double>> request)
      throws Exception {
    return request.get(60, TimeUnit.SECONDS).results();
  }

  private static Throwable failure(CompletableFuture<?> request) throws Exception {
    try {
      request.get(60, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      return e.getCause();
    }
    throw new AssertionError("the request did not fail");
  }

  /** Keeps the scheduler busy until the next {@code letOne}. */
  private CompletableFuture<Scheduler.Finished<Double>> hold(Scheduler<?, Double> scheduler)
      throws Exception {
    CompletableFuture<Scheduler.Finished<Double>> held = submit(scheduler, prompts(1, 100));
    fake.awaitForward();
    return held;
  }

  @ParameterizedTest
  @EnumSource(names = {"ADMISSION", "COST", "RUN", "MEMORY"})
  void oneRequestsFailureIsItsOwn(Fault fault) throws Exception {
    try (Scheduler<?, Double> scheduler = scheduler()) {
      CompletableFuture<Scheduler.Finished<Double>> held = hold(scheduler);
      List<PreparedPrompt> before = prompts(2, 10);
      List<PreparedPrompt> faulty = new ArrayList<>(prompts(1, 10));
      faulty.add(prompt(fault, 10));
      faulty.addAll(prompts(30, 10));
      List<PreparedPrompt> after = prompts(40, 10);
      CompletableFuture<Scheduler.Finished<Double>> first = submit(scheduler, before);
      CompletableFuture<Scheduler.Finished<Double>> second = submit(scheduler, faulty);
      CompletableFuture<Scheduler.Finished<Double>> third = submit(scheduler, after);
      fake.letAll();
      await(held);
      assertThat(failure(second))
          .isInstanceOf(
              fault == Fault.MEMORY ? OutOfMemoryError.class : IllegalArgumentException.class);
      assertThat(await(first)).containsExactly(logits(before));
      assertThat(await(third)).containsExactly(logits(after));
      assertThat(scheduler.isAlive()).isTrue();
    }
    fake.assertAllReleasedOnce();
  }

  @Test
  void requestThatIsCancelledBeforeItIsAdmittedIsNot() throws Exception {
    try (Scheduler<?, Double> scheduler = scheduler()) {
      CompletableFuture<Scheduler.Finished<Double>> held = hold(scheduler);
      submit(scheduler, prompts(3, 10)).cancel(false);
      fake.letAll();
      await(held);
    }
    assertThat(fake.admitted).hasSize(1);
    fake.assertAllReleasedOnce();
  }

  /** By the caller, and by a timeout. */
  @ParameterizedTest
  @EnumSource(names = {"CANCELLED", "FAILED"})
  void whatHasNotBegunIsNotComputed(Future.State ending) throws Exception {
    try (Scheduler<?, Double> scheduler = scheduler()) {
      List<PreparedPrompt> prompts = prompts(20, 50);
      CompletableFuture<Scheduler.Finished<Double>> request = submit(scheduler, prompts);
      assertThat(fake.awaitForward()).hasSize(2);
      if (ending == Future.State.CANCELLED) {
        request.cancel(false);
      } else {
        CompletableFuture<?> _ = request.orTimeout(1, TimeUnit.NANOSECONDS);
        assertThat(failure(request)).isInstanceOf(TimeoutException.class);
      }
      assertThat(request.state()).isEqualTo(ending);
      List<PreparedPrompt> next = prompts(1, 10);
      CompletableFuture<Scheduler.Finished<Double>> other = submit(scheduler, next);
      fake.letOne();
      assertThat(fake.awaitForward()).containsExactly(next.getFirst().ids()[4]);
      fake.letAll();
      assertThat(await(other)).containsExactly(logits(next));
    }
    fake.assertAllReleasedOnce();
  }

  /** While its part of a failed forward is computed again. */
  @Test
  void requestThatIsCancelledWhileItIsComputedAgainIsReleased() throws Exception {
    try (Scheduler<?, Double> scheduler = scheduler()) {
      CompletableFuture<Scheduler.Finished<Double>> held = hold(scheduler);
      CompletableFuture<Scheduler.Finished<Double>> other =
          submit(scheduler, List.of(prompt(Fault.RUN, 1)));
      List<PreparedPrompt> cancelled = prompts(5, 10);
      CompletableFuture<Scheduler.Finished<Double>> request = submit(scheduler, cancelled);
      fake.letOne();
      await(held);
      assertThat(fake.awaitForward()).as("both requests").hasSize(6);
      fake.letOne();
      assertThat(fake.awaitForward()).as("the first request alone").hasSize(1);
      request.cancel(false);
      fake.letAll();
      assertThat(failure(other)).isInstanceOf(IllegalArgumentException.class);
    }
    fake.assertAllReleasedOnce();
  }

  @Test
  void anyMixOfEndingsReleasesEverythingOnce() throws Exception {
    Random random = new Random(SEED);
    Fault[] faults = {Fault.ADMISSION, Fault.COST, Fault.RUN, Fault.MEMORY};
    List<CompletableFuture<Scheduler.Finished<Double>>> requests = new ArrayList<>();
    List<Double[]> expected = new ArrayList<>();
    fake.letAll();
    try (Scheduler<?, Double> scheduler = scheduler()) {
      for (int i = 0; i < 2_000; i++) {
        List<PreparedPrompt> prompts = new ArrayList<>();
        for (int j = random.nextInt(1, 30); j > 0; j--) {
          prompts.add(
              random.nextInt(100) == 0
                  ? prompt(faults[random.nextInt(faults.length)], 10)
                  : prompt(random.nextInt(1, 60)));
        }
        expected.add(logits(prompts));
        requests.add(submit(scheduler, prompts));
        if (random.nextInt(3) == 0) {
          requests.get(random.nextInt(requests.size())).cancel(false);
        }
      }
      for (int i = 0; i < requests.size(); i++) {
        requests.get(i).exceptionally(e -> null).get(60, TimeUnit.SECONDS);
        if (requests.get(i).state() == Future.State.SUCCESS) {
          assertThat(requests.get(i).resultNow().results()).containsExactly(expected.get(i));
        }
      }
    }
    assertThat(requests).anyMatch(request -> request.state() == Future.State.SUCCESS);
    fake.assertAllReleasedOnce();
  }

  @Test
  void placesAreLimitedAndGivenBack() {
    try (Scheduler<?, Double> scheduler = scheduler()) {
      for (int i = 0; i < 3; i++) {
        scheduler.enter();
      }
      assertThatThrownBy(scheduler::enter)
          .isInstanceOf(OverloadedException.class)
          .hasMessageContaining("3 requests");
      assertThat(scheduler.inFlight()).isEqualTo(3);
      scheduler.leave();
      scheduler.enter();
      assertThatThrownBy(scheduler::enter).isInstanceOf(OverloadedException.class);
      for (int i = 0; i < 3; i++) {
        scheduler.leave();
      }
      assertThat(scheduler.inFlight()).isZero();
    }
  }

  /** Enters until that is refused. */
  private static IllegalStateException firstRefusal(Scheduler<?, Double> scheduler) {
    while (true) {
      try {
        scheduler.enter();
        scheduler.leave();
      } catch (IllegalStateException e) {
        return e;
      }
    }
  }

  /** Those that have entered are served, even those that are still being prepared. */
  @Test
  void closeDrains() throws Exception {
    Scheduler<?, Double> scheduler = scheduler();
    scheduler.enter();
    scheduler.enter();
    List<PreparedPrompt> running = prompts(10, 50);
    CompletableFuture<Scheduler.Finished<Double>> first = submit(scheduler, running);
    CompletableFuture<?> _ = first.whenComplete((finished, failure) -> scheduler.leave());
    fake.awaitForward();
    Thread closing = Thread.ofPlatform().start(scheduler::close);
    assertThat(firstRefusal(scheduler)).hasMessageContaining("closed");
    List<PreparedPrompt> late = prompts(1, 50);
    CompletableFuture<Scheduler.Finished<Double>> second = submit(scheduler, late);
    CompletableFuture<?> _ = second.whenComplete((finished, failure) -> scheduler.leave());
    fake.letAll();
    closing.join();
    assertThat(first.resultNow().results()).containsExactly(logits(running));
    assertThat(second.resultNow().results()).containsExactly(logits(late));
    assertThat(scheduler.isAlive()).isFalse();
    fake.assertAllReleasedOnce();
    scheduler.close();
  }

  @Test
  void errorFailsWhatIsInFlight() throws Exception {
    Scheduler<?, Double> scheduler = scheduler();
    CompletableFuture<Scheduler.Finished<Double>> held = hold(scheduler);
    CompletableFuture<Scheduler.Finished<Double>> bad =
        submit(scheduler, List.of(prompt(Fault.ERROR, 10)));
    CompletableFuture<Scheduler.Finished<Double>> good = submit(scheduler, prompts(50, 10));
    fake.letOne();
    await(held);
    fake.awaitForward();
    CompletableFuture<Scheduler.Finished<Double>> arrived = submit(scheduler, prompts(1, 10));
    fake.letAll();
    for (CompletableFuture<Scheduler.Finished<Double>> request : List.of(bad, good, arrived)) {
      assertThat(failure(request))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("stopped after an error")
          .hasCauseInstanceOf(AssertionError.class);
    }
    assertThat(scheduler.isAlive()).isFalse();
    assertThatThrownBy(scheduler::enter)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("stopped after an error");
    assertThatThrownBy(() -> submit(scheduler, prompts(1, 10)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("stopped after an error");
    scheduler.close();
  }

  /** Just when the engine has failed those in flight and its thread has not ended yet. */
  @Test
  void submissionWhileTheEngineStopsIsRefused() throws Exception {
    try (Scheduler<?, Double> scheduler = scheduler()) {
      CompletableFuture<Scheduler.Finished<Double>> bad =
          submit(scheduler, List.of(prompt(Fault.ERROR, 10)));
      fake.awaitForward();
      CompletableFuture<Throwable> refusal =
          bad.handle((finished, failure) -> {
            try {
              CompletableFuture<?> _ = submit(scheduler, prompts(1, 10));
              return null;
            } catch (IllegalStateException e) {
              return e;
            }
          });
      fake.letAll();
      assertThat(refusal.get(60, TimeUnit.SECONDS)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void errorDuringAdmissionFailsTheRequest() throws Exception {
    fake.beforeAdmission =
        () -> {
          throw new AssertionError("admission");
        };
    try (Scheduler<?, Double> scheduler = scheduler()) {
      assertThat(failure(submit(scheduler, prompts(1, 10))))
          .hasMessageContaining("stopped after an error");
    }
  }

  @Test
  void lackOfMemoryDuringAdmissionFailsOneRequest() throws Exception {
    fake.letAll();
    fake.beforeAdmission =
        () -> {
          throw new OutOfMemoryError("admission");
        };
    try (Scheduler<?, Double> scheduler = scheduler()) {
      assertThat(failure(submit(scheduler, prompts(1, 10)))).isInstanceOf(OutOfMemoryError.class);
      fake.beforeAdmission = () -> {};
      List<PreparedPrompt> prompts = prompts(2, 10);
      assertThat(await(submit(scheduler, prompts))).containsExactly(logits(prompts));
    }
  }
}
