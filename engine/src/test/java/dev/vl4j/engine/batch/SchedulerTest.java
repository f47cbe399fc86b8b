package dev.vl4j.engine.batch;

import static dev.vl4j.engine.batch.FakeForwards.logits;
import static dev.vl4j.engine.batch.FakeForwards.prompt;
import static dev.vl4j.engine.batch.FakeForwards.prompts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.batch.FakeForwards.Fault;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** In what order requests are served, and that each gets its own numbers. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SchedulerTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  static {
    System.out.println("tests.seed=" + SEED);
  }

  private final List<Scheduler.Forward> forwards = Collections.synchronizedList(new ArrayList<>());

  private final DeviceThread thread = new DeviceThread();

  @AfterEach
  void endThread() {
    thread.close();
  }

  private Scheduler<FakeForwards.Item, Double> scheduler(FakeForwards fake) {
    return new Scheduler<>(fake, thread, 1_000, forwards::add);
  }

  private static CompletableFuture<Scheduler.Finished<Double>> submit(
      Scheduler<?, Double> scheduler, List<PreparedPrompt> prompts) {
    return scheduler.submit(prompts, prompts.getFirst());
  }

  private static List<Integer> serials(List<PreparedPrompt> prompts) {
    return prompts.stream().map(prompt -> prompt.ids()[4]).toList();
  }

  private static List<Double> await(CompletableFuture<Scheduler.Finished<Double>> request)
      throws Exception {
    return request.get(60, TimeUnit.SECONDS).results();
  }

  @Test
  void promptsOfManyThreadsGetTheirOwnLogits() throws Exception {
    FakeForwards fake = FakeForwards.open();
    try (Scheduler<?, Double> scheduler = scheduler(fake);
        ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<Void>> users = new ArrayList<>();
      for (int user = 0; user < 8; user++) {
        Random random = new Random(SEED + user);
        users.add(
            threads.submit(() -> {
              for (int i = 0; i < 50; i++) {
                List<PreparedPrompt> prompts =
                    Stream.generate(() -> prompt(random.nextInt(1, 150)))
                        .limit(random.nextInt(1, 20))
                        .toList();
                Scheduler.Finished<Double> finished =
                    submit(scheduler, prompts).get(60, TimeUnit.SECONDS);
                assertThat(finished.results()).containsExactly(logits(prompts));
                assertThat(finished.work().computedTokens())
                    .isEqualTo(prompts.stream().mapToInt(prompt -> prompt.ids()[3]).sum());
                assertThat(finished.queueNanos()).isNotNegative();
                assertThat(finished.forwardNanos()).isPositive();
              }
              return null;
            }));
      }
      for (Future<Void> user : users) {
        user.get(100, TimeUnit.SECONDS);
      }
    }
    fake.assertAllReleasedOnce();
    assertThat(forwards.stream().mapToInt(Scheduler.Forward::prompts).sum())
        .isEqualTo(fake.admitted.size());
    assertThat(forwards.stream().mapToInt(forward -> forward.work().computedTokens()))
        .allMatch(tokens -> tokens < 150);
  }

  /** A short request is in the next forward, whatever is left of a long one. */
  @Test
  void shortRequestOvertakesALongOne() throws Exception {
    FakeForwards fake = new FakeForwards();
    try (Scheduler<?, Double> scheduler = scheduler(fake)) {
      List<PreparedPrompt> many = prompts(100, 30);
      CompletableFuture<Scheduler.Finished<Double>> slow = submit(scheduler, many);
      assertThat(fake.awaitForward()).isEqualTo(serials(many.subList(0, 3)));
      List<PreparedPrompt> few = prompts(2, 20);
      CompletableFuture<Scheduler.Finished<Double>> quick = submit(scheduler, few);
      fake.letOne();
      List<PreparedPrompt> joined = new ArrayList<>(few);
      joined.addAll(many.subList(3, 5));
      assertThat(fake.awaitForward()).isEqualTo(serials(joined));
      fake.letOne();
      assertThat(await(quick)).containsExactly(logits(few));
      assertThat(slow).isNotDone();
      fake.letAll();
      assertThat(await(slow)).containsExactly(logits(many));
    }
    fake.assertAllReleasedOnce();
  }

  /**
   * Counted in forwards: 20 of its own, as many before its time comes, and every second one of the
   * others.
   */
  @Test
  void longRequestIsNotStarvedByShortOnes() throws Exception {
    FakeForwards fake = new FakeForwards();
    int own = 20;
    try (Scheduler<?, Double> scheduler = scheduler(fake)) {
      CompletableFuture<Scheduler.Finished<Double>> first = submit(scheduler, prompts(1, 100));
      fake.awaitForward();
      List<PreparedPrompt> large = prompts(own, FakeForwards.BUDGET);
      CompletableFuture<Scheduler.Finished<Double>> slow = submit(scheduler, large);
      List<CompletableFuture<Scheduler.Finished<Double>>> others = new ArrayList<>();
      int passed = 0;
      // Each time a forward begins another short request arrives, which alone would fill the next.
      while (!slow.isDone()) {
        others.add(submit(scheduler, prompts(1, FakeForwards.BUDGET)));
        fake.letOne();
        fake.awaitForward();
        passed++;
        assertThat(passed).as("forwards before the long request ends").isLessThan(3 * own + 5);
      }
      assertThat(passed).isGreaterThan(own + 5);
      assertThat(await(slow)).containsExactly(logits(large));
      fake.letAll();
      await(first);
      for (CompletableFuture<Scheduler.Finished<Double>> other : others) {
        await(other);
      }
    }
    fake.assertAllReleasedOnce();
  }

  /** Several long requests whose time has come do not hold up a short one. */
  @Test
  void shortRequestOvertakesManyLongOnes() throws Exception {
    FakeForwards fake = new FakeForwards();
    int each = 10;
    try (Scheduler<?, Double> scheduler = scheduler(fake)) {
      List<CompletableFuture<Scheduler.Finished<Double>>> large = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        large.add(submit(scheduler, prompts(each, FakeForwards.BUDGET)));
      }
      fake.awaitForward();
      for (int i = 0; i < 3 * each; i++) {
        fake.letOne();
        fake.awaitForward();
      }
      List<PreparedPrompt> few = prompts(2, 20);
      CompletableFuture<Scheduler.Finished<Double>> quick = submit(scheduler, few);
      int passed = 0;
      while (!quick.isDone()) {
        fake.letOne();
        fake.awaitForward();
        passed++;
      }
      assertThat(passed).as("forwards until the short request ends").isLessThanOrEqualTo(4);
      fake.letAll();
      for (CompletableFuture<Scheduler.Finished<Double>> other : large) {
        await(other);
      }
    }
    fake.assertAllReleasedOnce();
  }

  /** Requests that fail take their turns like others. */
  @Test
  void longRequestIsNotStarvedByFailingOnes() throws Exception {
    FakeForwards fake = new FakeForwards();
    int own = 20;
    try (Scheduler<?, Double> scheduler = scheduler(fake)) {
      CompletableFuture<?> _ = submit(scheduler, prompts(1, 100));
      fake.awaitForward();
      CompletableFuture<Scheduler.Finished<Double>> slow =
          submit(scheduler, prompts(own, FakeForwards.BUDGET));
      for (int passed = 0; !slow.isDone(); passed++) {
        CompletableFuture<?> _ = submit(scheduler, List.of(prompt(Fault.RUN, FakeForwards.BUDGET)));
        fake.letOne();
        fake.awaitForward();
        assertThat(passed).as("forwards before the long request ends").isLessThan(3 * own + 5);
      }
      fake.letAll();
    }
    fake.assertAllReleasedOnce();
  }

  @Test
  void equalRequestsAreServedInOrderOfArrival() throws Exception {
    FakeForwards fake = new FakeForwards();
    try (Scheduler<?, Double> scheduler = scheduler(fake)) {
      CompletableFuture<Scheduler.Finished<Double>> first = submit(scheduler, prompts(1, 100));
      fake.awaitForward();
      List<Integer> ended = Collections.synchronizedList(new ArrayList<>());
      List<PreparedPrompt> arrived = new ArrayList<>();
      List<CompletableFuture<?>> all = new ArrayList<>(List.of(first));
      for (int i = 0; i < 40; i++) {
        int request = i;
        List<PreparedPrompt> prompts = prompts(2, 10);
        arrived.addAll(prompts);
        all.add(submit(scheduler, prompts).thenRun(() -> ended.add(request)));
      }
      fake.letAll();
      CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
      List<Integer> served = new ArrayList<>();
      while (served.size() < arrived.size()) {
        served.addAll(fake.awaitForward());
      }
      assertThat(served).isEqualTo(serials(arrived));
      assertThat(ended).hasSize(40).isSorted();
    }
  }

  /** A request's size is what it takes, not what its prompts would take one by one. */
  @Test
  void sharedBeginningsCountOnceInARequestsSize() throws Exception {
    FakeForwards fake = new FakeForwards();
    try (Scheduler<?, Double> scheduler = scheduler(fake)) {
      CompletableFuture<Scheduler.Finished<Double>> first = submit(scheduler, prompts(1, 100));
      fake.awaitForward();
      List<PreparedPrompt> apart = prompts(3, 50);
      List<PreparedPrompt> alike =
          Stream.generate(() -> prompt(Fault.NONE, 7, 80, 4)).limit(5).toList();
      CompletableFuture<Scheduler.Finished<Double>> larger = submit(scheduler, apart);
      CompletableFuture<Scheduler.Finished<Double>> smaller = submit(scheduler, alike);
      fake.letOne();
      assertThat(fake.awaitForward()).isEqualTo(serials(alike));
      fake.letAll();
      await(first);
      assertThat(await(larger)).containsExactly(logits(apart));
      Scheduler.Finished<Double> finished = smaller.get(60, TimeUnit.SECONDS);
      assertThat(finished.work()).isEqualTo(new Forwards.Work(100, 4 * 80, 0, 0));
    }
  }

  @Test
  void listenerHearsHowManyRequestsShareAForward() throws Exception {
    FakeForwards fake = new FakeForwards();
    try (Scheduler<?, Double> scheduler = scheduler(fake)) {
      CompletableFuture<Scheduler.Finished<Double>> first = submit(scheduler, prompts(1, 100));
      fake.awaitForward();
      CompletableFuture<Scheduler.Finished<Double>> second = submit(scheduler, prompts(2, 10));
      CompletableFuture<Scheduler.Finished<Double>> third = submit(scheduler, prompts(3, 10));
      fake.letAll();
      await(first);
      await(second);
      await(third);
    }
    assertThat(forwards.stream().map(forward -> List.of(forward.prompts(), forward.requests())))
        .containsExactly(List.of(1, 1), List.of(5, 2));
  }

  @Test
  void requestWithoutPromptsIsRefused() {
    try (Scheduler<?, Double> scheduler = scheduler(FakeForwards.open())) {
      assertThatThrownBy(() -> scheduler.submit(List.of(), prompt(1)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
