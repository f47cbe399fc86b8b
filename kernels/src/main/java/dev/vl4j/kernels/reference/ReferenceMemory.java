package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DeviceMemory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** Bytes that are held, of Java's heap. */
final class ReferenceMemory {
  private final AtomicLong held = new AtomicLong();

  /** A part of the memory until it is closed, once. */
  final class Part implements AutoCloseable {
    private final long bytes;
    private final AtomicBoolean open = new AtomicBoolean(true);

    private Part(long bytes) {
      this.bytes = bytes;
    }

    /**
     * Refuses to be used after the end.
     *
     * @param what is closed then, for the message
     */
    void requireOpen(Supplier<String> what) {
      if (!open.get()) {
        throw new BackendException("reference: %s: closed".formatted(what.get()));
      }
    }

    @Override
    public void close() {
      if (open.compareAndSet(true, false)) {
        held.addAndGet(-bytes);
      }
    }
  }

  /** Counts bytes until what is returned is closed. */
  Part hold(long bytes) {
    held.addAndGet(bytes);
    return new Part(bytes);
  }

  DeviceMemory now() {
    Runtime runtime = Runtime.getRuntime();
    long used = runtime.totalMemory() - runtime.freeMemory();
    return new DeviceMemory(runtime.maxMemory(), runtime.maxMemory() - used, held.get(), false);
  }
}
