package dev.vl4j.media.pdf.process;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaGuard;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The processes that draw pages: as many at once as there are processors. For many threads.
 *
 * <p>Nobody knows how long a page takes, or whether it ends. So each claim has a turn of some
 * seconds. Who is not done by then, while others wait whose turns are no longer, gives its place
 * back and begins anew behind them, with a turn twice as long. So a page that is never done keeps
 * others from being drawn for seconds at most.
 */
final class Workers {
  /** PDFBox keeps some of what it has read for ever, so none is used for ever. */
  private static final int MOST_FILES = 100;

  private static final int PAUSE_MILLIS = 5;

  private final WorkerProcess.Limits limits;
  private final int idleSeconds;
  private final PriorityQueue<Claim> line =
      new PriorityQueue<>(Comparator.comparingInt(Claim::seconds).thenComparingLong(Claim::number));
  private final Deque<WorkerProcess> idle = new ArrayDeque<>();
  private int free;
  private long claims;

  /**
   * @param limits of each
   * @param atOnce how many there are at most
   * @param idleSeconds after which one that is not needed ends
   */
  Workers(WorkerProcess.Limits limits, int atOnce, int idleSeconds) {
    this.limits = limits;
    this.idleSeconds = idleSeconds;
    free = atOnce;
  }

  private record Claim(int seconds, long number) {}

  /**
   * Waits for a worker.
   *
   * @param seconds of its turn
   * @throws MediaException if none can be started
   */
  WorkerProcess take(MediaGuard guard, int seconds) throws MediaException {
    Claim claim = claim(seconds);
    boolean granted = grant(claim);
    try {
      while (!granted) {
        guard.check();
        Thread.sleep(PAUSE_MILLIS);
        granted = grant(claim);
      }
    } catch (InterruptedException e) {
      throw WorkerProcess.interrupted(guard, e);
    } finally {
      if (!granted) {
        giveUp(claim);
      }
    }
    WorkerProcess known = popIdle();
    if (known != null) {
      return known;
    }
    try {
      return start();
    } catch (MediaException e) {
      release();
      throw e;
    }
  }

  private synchronized Claim claim(int seconds) {
    Claim claim = new Claim(seconds, claims++);
    line.add(claim);
    return claim;
  }

  private synchronized boolean grant(Claim claim) {
    if (free == 0 || !claim.equals(line.peek())) {
      return false;
    }
    line.remove();
    free--;
    return true;
  }

  private synchronized void giveUp(Claim claim) {
    line.remove(claim);
  }

  private synchronized void release() {
    free++;
  }

  /** Whether somebody waits whose turn is no longer than some seconds. */
  synchronized boolean isWaitedFor(int seconds) {
    Claim next = line.peek();
    return free == 0 && next != null && next.seconds <= seconds;
  }

  private synchronized @Nullable WorkerProcess popIdle() {
    while (true) {
      WorkerProcess found = idle.pollLast();
      if (found == null || found.isReady()) {
        return found;
      }
      found.end();
    }
  }

  private WorkerProcess start() throws MediaException {
    try {
      return WorkerProcess.start(limits);
    } catch (IOException e) {
      throw new MediaException(
          "no process that draws pages can be started (%s); with -Dvl4j.pdf.process=off they are"
                  .formatted(e.getMessage())
              + " drawn in this one",
          e);
    }
  }

  /** Ends a worker that was taken, and starts one that nobody has used in its place. */
  WorkerProcess replace(WorkerProcess worker) throws MediaException {
    worker.end();
    return start();
  }

  /** Takes a worker back. One that is still at work is ended. */
  void giveBack(WorkerProcess worker) {
    if (worker.isReady() && worker.files() < MOST_FILES) {
      synchronized (this) {
        idle.addLast(worker);
      }
      int files = worker.files();
      CompletableFuture.delayedExecutor(idleSeconds, TimeUnit.SECONDS)
          .execute(() -> endIfIdle(worker, files));
    } else {
      worker.end();
    }
    release();
  }

  private void endIfIdle(WorkerProcess worker, int files) {
    boolean found;
    synchronized (this) {
      found = worker.files() == files && idle.remove(worker);
    }
    if (found) {
      worker.end();
    }
  }
}
