package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.BackendException;
import org.jspecify.annotations.Nullable;

/**
 * Something on the device: who owns it, whether it is open, and what stands for it in the wrapped
 * backend once its command has run.
 *
 * @param <T> what the wrapped backend has
 */
class Handle<T> {
  final DelayedBackend backend;
  final @Nullable ForwardCommands owner;
  final Ledger.Allocation allocation;
  private final String name;
  private boolean open = true;

  // For the device's thread alone.
  private @Nullable T inner;
  private @Nullable BackendException spoilt;

  /**
   * @param owner the forward that it belongs to, or null if it outlives forwards
   * @param operation that makes it
   * @param shape for messages
   */
  Handle(
      DelayedBackend backend,
      @Nullable ForwardCommands owner,
      String operation,
      String shape,
      long bytes) {
    this.backend = backend;
    this.owner = owner;
    name = "%s #%d %s".formatted(operation, backend.nextNumber(), shape).strip();
    allocation = backend.allocate(operation, name, bytes);
  }

  /** {@code tensor #12 [3, 4]}: what made it, and as which of all. */
  String name() {
    return name;
  }

  /** Refuses to be used by an operation if this is closed, or of another backend or forward. */
  final void check(String operation, DelayedBackend user, @Nullable ForwardCommands forward) {
    if (backend != user) {
      throw new BackendException("%s: %s is of another backend".formatted(operation, name));
    }
    if (!open) {
      throw new BackendException("%s: %s is closed".formatted(operation, name));
    }
    if (owner != null && owner != forward) {
      throw new BackendException("%s: %s is of another forward".formatted(operation, name));
    }
  }

  /** Ends its life; says whether it had not ended before. */
  final boolean end() {
    if (!open) {
      return false;
    }
    open = false;
    allocation.free();
    return true;
  }

  // What follows is for the device's thread.

  final void set(T value) {
    inner = value;
  }

  /** What stands for this in the wrapped backend. */
  final T inner() {
    if (inner == null) {
      throw new BackendException("%s is used after it was freed".formatted(name));
    }
    return inner;
  }

  /** Whether the device has made it: not if it had no memory, say. */
  final boolean isMade() {
    return inner != null;
  }

  /** Forgets what stands for this, if anything does, and returns it. */
  final @Nullable T take() {
    T value = inner;
    inner = null;
    return value;
  }

  /** Why what is in it is worth nothing, or null. */
  final @Nullable BackendException spoilt() {
    return spoilt;
  }

  final void spoil(BackendException failure) {
    spoilt = failure;
  }

  @Override
  public String toString() {
    return name;
  }
}
