package dev.vl4j.engine.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who computes, and who waits for a turn. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TurnsTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  private final AtomicLong now = new AtomicLong();
  private final Turns turns = new Turns(1, now::get);

  /** The names of those that have got a turn. */
  private final BlockingQueue<String> got = new LinkedBlockingQueue<>();

  private void pass(int millis) {
    now.addAndGet(Duration.ofMillis(millis).toNanos());
  }

  /** Waits for a turn on a thread of its own. */
  private void want(Turns.Turn turn, String name) throws InterruptedException {
    int before = turns.waiting();
    Thread.startVirtualThread(() -> {
      try {
        turn.take();
        got.add(name);
      } catch (InterruptedException e) {
        got.add("interrupted");
      }
    });
    while (turns.waiting() == before) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  private String next() throws InterruptedException {
    String name = got.poll(30, TimeUnit.SECONDS);
    return name == null ? "nobody" : name;
  }

  @Test
  void theFirstToArriveGoesFirst() throws Exception {
    Turns.Turn first = turns.arrival();
    pass(1);
    Turns.Turn second = turns.arrival();
    pass(1);
    Turns.Turn third = turns.arrival();
    third.take();
    want(second, "second");
    want(first, "first");
    third.give();
    assertThat(next()).isEqualTo("first");
    first.give();
    assertThat(next()).isEqualTo("second");
  }

  @Test
  void aLongPieceOfWorkLetsAShortOneGoFirst() throws Exception {
    Turns.Turn longer = turns.arrival();
    longer.take();
    pass(100);
    Turns.Turn shorter = turns.arrival();
    want(shorter, "short");
    // It has computed for 100 ms, which count as 400, and the other has arrived after 100.
    CountedThread offering = new CountedThread(longer::offer);
    assertThat(next()).isEqualTo("short");
    pass(5);
    shorter.offer();
    assertThat(offering.done).as("its turn is not over").hasValue(0);
    shorter.give();
    offering.thread.join();
    assertThat(offering.done).hasValue(1);
  }

  /** Each of twenty has computed a twentieth of the time, and goes behind whoever comes now. */
  @Test
  void aCrowdLetsALaterOneGoFirst() throws Exception {
    List<Turns.Turn> crowd = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      crowd.add(turns.arrival());
    }
    Turns.Turn computing = crowd.getFirst();
    computing.take();
    for (int i = 1; i < crowd.size(); i++) {
      want(crowd.get(i), "" + i);
    }
    for (int slice = 1; slice < crowd.size(); slice++) {
      pass(20);
      computing.give();
      Turns.Turn other = crowd.get(Integer.parseInt(next()));
      want(computing, "one that has computed");
      computing = other;
    }
    pass(20);
    Turns.Turn late = turns.arrival();
    want(late, "late");
    computing.give();
    assertThat(next()).isEqualTo("late");
  }

  @Test
  void aTurnGoesOnWhileNobodyElseGoesBefore() throws Exception {
    Turns.Turn old = turns.arrival();
    old.take();
    pass(50);
    old.offer();
    pass(1000);
    Turns.Turn late = turns.arrival();
    pass(1000);
    Turns.Turn later = turns.arrival();
    late.give(); // it has none, which does not matter
    want(later, "later");
    pass(10);
    old.give();
    assertThat(next()).isEqualTo("later");
  }

  @Test
  void whoeverIsInterruptedLeavesNoTurnBehind() throws Exception {
    Turns.Turn first = turns.arrival();
    first.take();
    Turns.Turn second = turns.arrival();
    Thread.currentThread().interrupt();
    assertThatThrownBy(second::take).isInstanceOf(InterruptedException.class);
    assertThat(turns.waiting()).isZero();
    pass(100);
    Turns.Turn third = turns.arrival();
    want(third, "third");
    first.give();
    assertThat(next()).isEqualTo("third");
  }

  @Test
  void neverDoMoreComputeThanMay() throws Exception {
    System.out.println("tests.seed=" + SEED);
    Turns three = new Turns(3, now::get);
    AtomicInteger computing = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Random random = new Random(SEED + i);
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int work = 0; work < 100; work++) {
                  Turns.Turn turn = three.arrival();
                  try {
                    turn.take();
                    for (int step = random.nextInt(5); step > 0; step--) {
                      most.accumulateAndGet(computing.incrementAndGet(), Math::max);
                      pass(random.nextInt(30));
                      computing.decrementAndGet();
                      turn.offer();
                    }
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  } finally {
                    turn.give();
                  }
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(most.get()).isBetween(1, 3);
    assertThat(three.waiting()).isZero();
    // All turns are there again.
    for (int i = 0; i < 3; i++) {
      three.arrival().take();
    }
  }

  /** Does something that may wait, and counts when it has. */
  private static final class CountedThread {
    interface Step {
      void run() throws InterruptedException;
    }

    final AtomicInteger done = new AtomicInteger();
    final Thread thread;

    CountedThread(Step step) {
      thread =
          Thread.startVirtualThread(() -> {
            try {
              step.run();
              done.incrementAndGet();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          });
    }
  }
}
