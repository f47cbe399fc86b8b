package dev.vl4j.server.batch;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The lines between the one that is read and the one that is written, in the input's order. There
 * are never more than so many, nor more bytes of them unless it is one; so memory has a bound
 * whatever the input's length.
 */
final class Window {
  private record Entry(long bytes, CompletableFuture<Answered> answer) {}

  private final int mostLines;
  private final long mostBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Entry> entries = new ArrayDeque<>();
  private long held;
  private boolean ended;
  private boolean stopped;
  private @Nullable Throwable failure;

  Window(int mostLines, long mostBytes) {
    this.mostLines = mostLines;
    this.mostBytes = mostBytes;
  }

  /**
   * Takes a line's place, and waits for room before.
   *
   * @param bytes of the line
   * @return where its answer goes, or null if no more lines are wanted
   */
  @Nullable CompletableFuture<Answered> enter(long bytes) {
    CompletableFuture<Answered> answer = new CompletableFuture<>();
    lock.lock();
    try {
      while (!stopped && !hasRoom(bytes)) {
        changed.awaitUninterruptibly();
      }
      if (stopped) {
        return null;
      }
      entries.add(new Entry(bytes, answer));
      held += bytes;
    } finally {
      lock.unlock();
    }
    CompletableFuture<Answered> _ = answer.whenComplete((_, _) -> wake());
    return answer;
  }

  private boolean hasRoom(long bytes) {
    return entries.isEmpty() || (entries.size() < mostLines && held + bytes <= mostBytes);
  }

  private void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Says that no lines follow.
   *
   * @param reason a failure to be reported behind the answers of all lines, or null
   */
  void end(@Nullable Throwable reason) {
    lock.lock();
    try {
      ended = true;
      failure = reason;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for the answer of the oldest line, which leaves.
   *
   * @return null behind the last answer, or where {@link #stop} made an end
   * @throws RuntimeException or Error if the line ended with it, or the input did
   */
  @Nullable Answered next() {
    lock.lock();
    try {
      while (!isDecided()) {
        changed.awaitUninterruptibly();
      }
      Entry head = entries.poll();
      if (head == null) {
        return rethrow(failure);
      }
      held -= head.bytes;
      changed.signalAll();
      return switch (head.answer.state()) {
        case SUCCESS -> head.answer.resultNow();
        case FAILED -> rethrow(head.answer.exceptionNow());
        case CANCELLED, RUNNING -> {
          if (stopped) {
            yield null;
          }
          throw new IllegalStateException("the engine has dropped a request");
        }
      };
    } finally {
      lock.unlock();
    }
  }

  private boolean isDecided() {
    Entry head = entries.peek();
    return head == null ? ended || stopped : head.answer.isDone();
  }

  private static @Nullable Answered rethrow(@Nullable Throwable failure) {
    return switch (failure) {
      case null -> null;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    };
  }

  /** Wants no more lines, and drops those that are not answered yet. */
  void stop() {
    List<Entry> dropped;
    lock.lock();
    try {
      stopped = true;
      dropped = List.copyOf(entries);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    dropped.forEach(entry -> entry.answer.cancel(false));
  }
}
