package dev.vl4j.media.pdf.process;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaWork;
import dev.vl4j.engine.media.OpenPages;
import java.io.DataInputStream;

/** A PDF file that is open in another process. */
final class ProcessPages implements OpenPages {
  private final byte[] file;
  private final MediaWork guard;
  private final Workers workers;
  private WorkerProcess worker;
  private int pages;
  private boolean open;

  private ProcessPages(byte[] file, MediaWork guard, Workers workers) throws MediaException {
    this.file = file;
    this.guard = guard;
    this.workers = workers;
    worker = workers.take(guard);
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
    T ask() throws MediaException, WorkerDied;
  }

  /** Asks the worker, which has opened the file before. */
  private <T> T asked(Question<T> question) throws MediaException {
    try {
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
    } catch (WorkerDied e) {
      throw new MediaException(e.reason(), e);
    }
  }

  private void openInWorker() throws MediaException, WorkerDied {
    if (!open) {
      worker.open(file, guard);
      pages = worker.await(guard, DataInputStream::readInt);
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
      return worker.await(guard, answer -> new PageSize(answer.readDouble(), answer.readDouble()));
    });
  }

  @Override
  public byte[] render(int page, int width, int height) throws MediaException {
    return asked(() -> {
      worker.tell(Command.RENDER, page, width, height);
      return worker.await(
          guard,
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
    workers.giveBack(worker);
    guard.close();
  }
}
