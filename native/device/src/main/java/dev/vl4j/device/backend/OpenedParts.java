package dev.vl4j.device.backend;

import java.util.ArrayDeque;
import java.util.Deque;

/** Parts that were opened one after another, and are closed in the other order. */
public final class OpenedParts implements AutoCloseable {
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  /** None yet. */
  public OpenedParts() {}

  /** Adds a part that has just been opened. */
  public <T extends AutoCloseable> T add(T part) {
    parts.push(part);
    return part;
  }

  /** Closes everything after a failure, which keeps what fails then. */
  public void closeAfter(RuntimeException failure) {
    try {
      close();
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  /** Closes everything, also if some of it fails. */
  @Override
  public void close() {
    RuntimeException failure = null;
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      } catch (Exception impossible) {
        throw new AssertionError(impossible);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
