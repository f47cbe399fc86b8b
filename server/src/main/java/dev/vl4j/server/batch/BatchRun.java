package dev.vl4j.server.batch;

import java.util.concurrent.CompletableFuture;

/**
 * Answers the lines of an input, many at a time, in their order.
 *
 * <p>One thread reads, prepares and submits, the engine computes, and the thread of {@link #run}
 * writes.
 */
public final class BatchRun {
  /** Of lines in flight; a longer line goes alone. */
  private static final long MOST_BYTES = 64 << 20;

  private final LineReader lines;
  private final BatchOutput output;
  private final LineIds ids;
  private final Answerer<?> answerer;
  private final Tally tally;
  private final Window window;
  private volatile boolean stopped;

  /**
   * @param output closed by the caller
   * @param task what lines are, and who answers them
   */
  public BatchRun(BatchInput input, BatchOutput output, LineTask<?> task) {
    this.output = output;
    lines = new LineReader(input.stream(), input.name(), input.longestLine());
    ids = new LineIds(task.idPrefix(), task.fingerprint());
    answerer = new Answerer<>(task, ids, input.longestLine());
    window = new Window(task.mostAtOnce(), MOST_BYTES);
    tally = new Tally(task.noun(), input.bytes(), System::nanoTime);
  }

  /** What has been done so far. */
  public Tally tally() {
    return tally;
  }

  /** Whether {@link #stop} was called. */
  public boolean isStopped() {
    return stopped;
  }

  /**
   * Finds out where to go on; to be called first, and once.
   *
   * @throws BatchException if the output does not belong to this run, or cannot be read
   */
  public void resume() {
    tally.begin(output.resume(lines, ids));
  }

  /**
   * Answers all lines that have no answer yet. What was written before a failure stays, and is the
   * answer to the first lines.
   *
   * @throws BatchException if a file fails
   * @throws RuntimeException or Error if the engine fails in a way that no line explains
   */
  public void run() {
    Thread _ = Thread.ofPlatform().daemon().name("vl4j-batch-reader").start(this::read);
    try {
      for (Answered answer = window.next(); answer != null; answer = window.next()) {
        output.write(answer.json());
        tally.add(answer);
      }
    } finally {
      window.stop();
    }
  }

  private void read() {
    Throwable failure = null;
    try {
      for (Line line = lines.next(); line != null; line = lines.next()) {
        CompletableFuture<Answered> answer = window.enter(line.bytes().length);
        if (answer == null) {
          break;
        }
        answerer.answer(line, answer);
      }
    } catch (RuntimeException | Error e) {
      failure = e;
    }
    window.end(failure);
  }

  /**
   * Makes {@link #run} return soon: what is answered is written as far as it follows what is
   * written, and the rest is dropped. Any thread may call this, once or more often.
   */
  public void stop() {
    stopped = true;
    window.stop();
  }
}
