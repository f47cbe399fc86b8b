package dev.vl4j.media.pdf.process;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaWork;
import dev.vl4j.engine.media.OpenPages;
import java.io.DataInputStream;
import java.util.concurrent.TimeUnit;

/** A PDF file that is open in another process. */
final class ProcessPages implements OpenPages {
  private static final int FIRST_TURN_SECONDS = 2;

  private final byte[] file;
  private final MediaWork guard;
  private final Workers workers;
  private WorkerProcess worker;
  private int turnSeconds = FIRST_TURN_SECONDS;
  private long turnStart;
  private int pages;

  /** Whether the worker has the file. */
  private boolean open;

  /** Whether the worker has to be given back. */
  private boolean taken = true;

  private ProcessPages(byte[] file, MediaWork guard, Workers workers) throws MediaException {
    this.file = file;
    this.guard = guard;
    this.workers = workers;
    worker = workers.take(guard, turnSeconds);
    turnStart = System.nanoTime();
  }

  /**
   * Opens a file.
   *
   * @param guard closed with the pages
   */
  static ProcessPages open(byte[] file, MediaWork guard, Workers workers) throws MediaException {
    ProcessPages opened = new ProcessPages(file, guard, workers);
    try {
      opened.asked(() -> opened.pages);
      return opened;
    } finally {
      if (!opened.open) {
        opened.close();
      }
    }
  }

  private interface Question<T> {
    T ask() throws MediaException, WorkerDied, WorkerProcess.TurnOver;
  }

  /** Asks the worker, which has opened the file before; another one if its turn is over. */
  private <T> T asked(Question<T> question) throws MediaException {
    while (true) {
      try {
        return askedOnce(question);
      } catch (WorkerProcess.TurnOver e) {
        beginAnew();
      } catch (WorkerDied e) {
        throw new MediaException(e.reason(), e);
      }
    }
  }

  private <T> T askedOnce(Question<T> question)
      throws MediaException, WorkerDied, WorkerProcess.TurnOver {
    try {
      openInWorker();
      return question.ask();
    } catch (WorkerDied e) {
      if (worker.files() == 1) {
        throw e;
      }
      // Perhaps of what the files of others have left there.
      open = false;
      worker = workers.replace(worker);
      openInWorker();
      return question.ask();
    }
  }

  /** Lets others go first. */
  private void beginAnew() throws MediaException {
    open = false;
    taken = false;
    workers.giveBack(worker);
    turnSeconds *= 2;
    worker = workers.take(guard, turnSeconds);
    taken = true;
    turnStart = System.nanoTime();
  }

  private boolean isTurnOver() {
    return System.nanoTime() - turnStart > TimeUnit.SECONDS.toNanos(turnSeconds)
        && workers.isWaitedFor(turnSeconds);
  }

  private void openInWorker() throws MediaException, WorkerDied, WorkerProcess.TurnOver {
    if (!open) {
      worker.open(file, guard);
      pages = worker.await(guard, this::isTurnOver, DataInputStream::readInt);
      open = true;
    }
  }

  @Override
  public int pages() {
    return pages;
  }

  @Override
  public PageSize size(int page) throws MediaException {
    return asked(() -> {
      worker.tell(Command.SIZE, page);
      return worker.await(
          guard,
          this::isTurnOver,
          answer -> new PageSize(answer.readDouble(), answer.readDouble()));
    });
  }

  @Override
  public byte[] render(int page, int width, int height) throws MediaException {
    return asked(() -> {
      worker.tell(Command.RENDER, page, width, height);
      return worker.await(
          guard,
          this::isTurnOver,
          answer -> {
            byte[] samples = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
            answer.readFully(samples);
            return samples;
          });
    });
  }

  @Override
  public void close() {
    try {
      if (open && worker.isReady()) {
        worker.forget();
      }
    } catch (WorkerDied e) {
      worker.end();
    }
    if (taken) {
      workers.giveBack(worker);
    }
    guard.close();
  }
}
