package dev.vl4j.media.pdf.process;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaGuard;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The processes that draw pages: as many at once as there are processors. For many threads. */
final class Workers {
  /** PDFBox keeps some of what it has read for ever, so none is used for ever. */
  private static final int MOST_FILES = 100;

  private static final int PAUSE_MILLIS = 5;

  private final WorkerProcess.Limits limits;
  private final int idleSeconds;
  private final Semaphore places;
  private final Deque<WorkerProcess> idle = new ArrayDeque<>();

  /**
   * @param limits of each
   * @param atOnce how many there are at most
   * @param idleSeconds after which one that is not needed ends
   */
  Workers(WorkerProcess.Limits limits, int atOnce, int idleSeconds) {
    this.limits = limits;
    this.idleSeconds = idleSeconds;
    places = new Semaphore(atOnce, true);
  }

  /**
   * Waits for a worker.
   *
   * @throws MediaException if none can be started
   */
  WorkerProcess take(MediaGuard guard) throws MediaException {
    try {
      while (!places.tryAcquire(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
        guard.check();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      guard.check();
      throw new MediaException("the thread that waits for it was interrupted", e);
    }
    WorkerProcess known = popIdle();
    if (known != null) {
      return known;
    }
    try {
      return start();
    } catch (MediaException e) {
      places.release();
      throw e;
    }
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
    places.release();
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
