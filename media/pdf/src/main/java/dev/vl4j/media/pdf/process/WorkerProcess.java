package dev.vl4j.media.pdf.process;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaGuard;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * A process that draws pages, as the one that uses it sees it. For one thread at a time. It ends by
 * itself with the other, and not before: what is drawn may still be wanted while that one is
 * ending.
 */
final class WorkerProcess {
  private static final int CHUNK = 64 << 10;

  /** Between two looks for an answer, and two questions whether anybody waits for it. */
  private static final int PAUSE_MILLIS = 2;

  private final Process process;
  private final Limits limits;
  private final DataOutputStream commands;
  private final DataInputStream answers;
  private int files;

  /** Whether it waits for a command. */
  private boolean ready = true;

  /**
   * What one may take.
   *
   * @param memory bytes of Java's heap
   * @param seconds for an answer, whoever waits for it
   */
  record Limits(long memory, int seconds) {
    private String exceededMemory() {
      return "it takes more than the %d MB of memory of a process that draws pages"
          .formatted(memory >> 20);
    }
  }

  private WorkerProcess(Process process, Limits limits) {
    this.process = process;
    this.limits = limits;
    commands = new DataOutputStream(new BufferedOutputStream(process.getOutputStream(), CHUNK));
    answers = new DataInputStream(new BufferedInputStream(process.getInputStream(), CHUNK));
  }

  static WorkerProcess start(Limits limits) throws IOException {
    return new WorkerProcess(WorkerCommand.builder(limits.memory()).start(), limits);
  }

  /** How many files it was given. */
  int files() {
    return files;
  }

  /** Whether it has answered all commands, and waits for another. */
  boolean isReady() {
    return ready && process.isAlive();
  }

  void end() {
    process.destroyForcibly();
  }

  /** Gives it a file. */
  void open(byte[] file, MediaGuard guard) throws WorkerDied {
    files++;
    ready = false;
    try {
      commands.writeByte(Command.OPEN.code());
      commands.writeLong(guard.maxPixels());
      commands.writeInt(file.length);
      for (int from = 0; from < file.length; from += CHUNK) {
        guard.check();
        commands.write(file, from, Math.min(CHUNK, file.length - from));
      }
      commands.flush();
    } catch (IOException e) {
      throw died();
    }
  }

  /** Lets it forget the file. */
  void forget() throws WorkerDied {
    tell(Command.CLOSE);
    ready = true;
  }

  /** Gives a command with its numbers. */
  void tell(Command command, int... numbers) throws WorkerDied {
    ready = false;
    try {
      commands.writeByte(command.code());
      for (int number : numbers) {
        commands.writeInt(number);
      }
      commands.flush();
    } catch (IOException e) {
      throw died();
    }
  }

  /** Reads what follows a command that was done. */
  interface Reading<T> {
    T from(DataInputStream answer) throws IOException;
  }

  /** Whether whoever uses a worker has to give it back now. */
  interface Turn {
    boolean isOver();
  }

  /** A turn was over before there was an answer. */
  static final class TurnOver extends Exception {
    private static final long serialVersionUID = 1;
  }

  /**
   * Waits for an answer, and asks a guard meanwhile.
   *
   * @throws MediaException if the answer is why a file or a page cannot be drawn, or there is none
   *     within the time
   * @throws WorkerDied if the process has ended
   * @throws TurnOver if the turn was over before
   */
  <T> T await(MediaGuard guard, Turn turn, Reading<T> reading)
      throws MediaException, WorkerDied, TurnOver {
    long start = System.nanoTime();
    try {
      while (answers.available() == 0 && process.isAlive()) {
        guard.check();
        if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(limits.seconds())) {
          throw new MediaException("it takes more than %d seconds".formatted(limits.seconds()));
        }
        if (turn.isOver()) {
          throw new TurnOver();
        }
        Thread.sleep(PAUSE_MILLIS);
      }
      int answer = answers.readUnsignedByte();
      if (answer == Answer.DONE.code()) {
        T result = reading.from(answers);
        ready = true;
        return result;
      }
      if (answer == Answer.TOO_LARGE.code()) {
        ready = true;
        throw new MediaException(limits.exceededMemory());
      }
      String reason = answers.readUTF();
      ready = answer == Answer.REFUSED.code();
      throw new MediaException(reason);
    } catch (InterruptedException e) {
      throw interrupted(guard, e);
    } catch (IOException e) {
      throw died();
    }
  }

  /** For a thread that was interrupted while it waited; a guard has its own words for that. */
  static MediaException interrupted(MediaGuard guard, InterruptedException e) {
    Thread.currentThread().interrupt();
    guard.check();
    return new MediaException("the thread that waits for it was interrupted", e);
  }

  private WorkerDied died() {
    boolean ended = false;
    try {
      ended = process.waitFor(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!ended) {
      end();
      return new WorkerDied("a process that draws pages closed its pipes");
    }
    int code = process.exitValue();
    return new WorkerDied(
        code == WorkerCommand.OUT_OF_MEMORY
            ? limits.exceededMemory()
            : "the process that drew it has ended with code " + code);
  }
}
