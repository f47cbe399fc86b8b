package dev.vl4j.engine.limits;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Who may compute: so many threads at once, and of those that wait, the one that goes first.
 *
 * <p>The order is arrival plus a multiple of the time used so far. So a short piece of work
 * overtakes a long one that has begun, and a long one is not overtaken for ever. Where many share,
 * each uses its time slowly, and the multiple is as much larger: else a crowd that came at once
 * would stay ahead of whoever comes later until all of it is done. Those that compute ask every now
 * and then whether another goes before them. For many threads.
 */
public final class Turns {
  /** How long a turn lasts if others wait. */
  private static final long SLICE = TimeUnit.MILLISECONDS.toNanos(20);

  /** Time used counts at least so many times as much as time of arrival. */
  private static final int LEAST_WEIGHT = 4;

  /** How fast the rank of those that share grows beside time, if they are many. */
  private static final int CROWD = 2;

  private final LongSupplier clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final PriorityQueue<Turn> line =
      new PriorityQueue<>(Comparator.comparingLong((Turn turn) -> turn.rank()));
  private final int atOnce;
  private int free;

  /**
   * @param atOnce threads that may compute at once
   */
  public Turns(int atOnce) {
    this(atOnce, System::nanoTime);
  }

  /**
   * @param clock in nanoseconds
   */
  Turns(int atOnce, LongSupplier clock) {
    this.atOnce = atOnce;
    free = atOnce;
    this.clock = clock;
  }

  /** The turns of a piece of work that arrives now. One thread at a time uses it. */
  public Turn arrival() {
    return new Turn();
  }

  /** Those that wait for a turn. */
  int waiting() {
    lock.lock();
    try {
      return line.size();
    } finally {
      lock.unlock();
    }
  }

  /** One piece of work. */
  public final class Turn {
    private final long arrival = clock.getAsLong();
    private final Condition granted = lock.newCondition();

    /** Time used so far, each part as it counts. */
    private long used;

    private long since;
    private boolean mine;

    private Turn() {}

    private long rank() {
      return arrival + used;
    }

    /**
     * Waits for a turn.
     *
     * @throws InterruptedException if the thread is interrupted before
     */
    void take() throws InterruptedException {
      lock.lockInterruptibly();
      try {
        if (free > 0 && line.isEmpty()) {
          free--;
          mine = true;
        } else {
          await();
        }
        since = clock.getAsLong();
      } finally {
        lock.unlock();
      }
    }

    private void await() throws InterruptedException {
      line.add(this);
      try {
        while (!mine) {
          granted.await();
        }
      } catch (InterruptedException e) {
        line.remove(this);
        if (mine) {
          mine = false;
          pass();
        }
        throw e;
      }
    }

    private void count(long now) {
      int sharing = atOnce - free + line.size();
      used += (now - since) * Math.max(LEAST_WEIGHT, CROWD * sharing / atOnce);
      since = now;
    }

    /** Ends the turn, if there is one. */
    void give() {
      lock.lock();
      try {
        if (mine) {
          count(clock.getAsLong());
          mine = false;
          pass();
        }
      } finally {
        lock.unlock();
      }
    }

    /**
     * Lets another go first whose turn it is, and waits for the next turn.
     *
     * @throws InterruptedException if the thread is interrupted before; the turn is over then
     */
    void offer() throws InterruptedException {
      if (!mine || clock.getAsLong() - since < SLICE) {
        return;
      }
      lock.lockInterruptibly();
      try {
        count(clock.getAsLong());
        Turn first = line.peek();
        if (first != null && first.rank() < rank()) {
          mine = false;
          pass();
          await();
          since = clock.getAsLong();
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /** Hands a turn that is over to whoever goes first. */
  private void pass() {
    Turn next = line.poll();
    if (next == null) {
      free++;
    } else {
      next.mine = true;
      next.granted.signal();
    }
  }
}
