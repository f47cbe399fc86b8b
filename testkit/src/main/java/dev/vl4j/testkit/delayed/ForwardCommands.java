package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DeviceLostException;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.Readback;
import dev.vl4j.kernels.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The commands of one forward, what it owns, and whether the device has failed in it. */
final class ForwardCommands {
  /** What a device needs for a forward before its first operation. */
  private static final int WORKSPACE_BYTES = 4096;

  /** What this owns, with what poisons it. */
  private record Owned<T>(Handle<T> handle, BiConsumer<Poison, T> poisoning) {
    /** Poisons what the handle stands for, if anything does, and forgets it. */
    @Nullable T poison(Poison by) {
      T value = handle.take();
      if (value != null) {
        poisoning.accept(by, value);
      }
      return value;
    }
  }

  private final DelayedBackend backend;
  private final Handle<Forward> whole;
  private final List<Owned<?>> owned = new ArrayList<>();

  /** What the device failed with in this forward. */
  private volatile @Nullable BackendException failure;

  /** For the device's thread. */
  private @Nullable Poison poison;

  ForwardCommands(DelayedBackend backend) {
    this.backend = backend;
    whole = new Handle<>(backend, null, "begin", "", WORKSPACE_BYTES);
    backend.stream()
        .enqueue(() -> {
          try {
            Forward inner = backend.inner().begin();
            whole.set(inner);
            poison = new Poison(inner);
          } catch (RuntimeException | Error e) {
            fail("begin", e);
          }
        });
  }

  DelayedBackend backend() {
    return backend;
  }

  /** Refuses a call on what is closed, or after the device has failed. */
  void requireOpen(String operation) {
    backend.requireCallable(operation);
    whole.check(operation, backend, this);
    BackendException before = failure;
    if (before != null) {
      throw DelayedBackend.reported(operation, before);
    }
  }

  /** Lets the device make what a handle stands for, which lives as long as the forward. */
  <T, H extends Handle<T>> H own(
      H handle, Function<Forward, T> make, BiConsumer<Poison, T> poisoning) {
    owned.add(new Owned<T>(handle, poisoning));
    backend.stream()
        .enqueue(() -> {
          if (failure == null) {
            try {
              T value = make.apply(whole.inner());
              handle.set(value);
              poisoning.accept(poison(), value);
            } catch (RuntimeException | Error e) {
              fail(handle.name(), e);
            }
          }
        });
    return handle;
  }

  /** Takes memory of the device for what an operation brings there. */
  void stage(String operation, long bytes) {
    Handle<Boolean> staging = new Handle<>(backend, this, operation, "staging", bytes);
    owned.add(new Owned<>(staging, (by, value) -> {}));
  }

  /**
   * Lets the device do an operation.
   *
   * @param reads what it reads
   * @param writes what it writes
   */
  void enqueue(
      String operation,
      List<? extends Handle<?>> reads,
      List<? extends Handle<?>> writes,
      Consumer<Forward> work) {
    backend.count(operation);
    backend.stream().enqueue(() -> run(operation, reads, writes, work));
  }

  private void run(
      String operation,
      List<? extends Handle<?>> reads,
      List<? extends Handle<?>> writes,
      Consumer<Forward> work) {
    BackendException before = failure;
    for (Handle<?> read : reads) {
      BackendException spoilt = read.spoilt();
      if (before == null && spoilt != null) {
        before = new BackendException("%s: %s".formatted(read.name(), spoilt.getMessage()), spoilt);
      }
    }
    if (before == null) {
      before = backend.fault(operation);
    }
    if (before == null) {
      try {
        work.accept(whole.inner());
        return;
      } catch (RuntimeException | Error e) {
        before = fail(operation, e);
      }
    }
    BackendException all = fail(operation, before);
    writes.forEach(handle -> handle.spoil(all));
  }

  /** Notes the first failure of this forward. */
  private BackendException fail(String operation, Throwable cause) {
    BackendException first = failure;
    if (first != null) {
      return first;
    }
    BackendException noted =
        cause instanceof BackendException same
            ? same
            : new BackendException("%s: %s".formatted(operation, cause), cause);
    if (noted instanceof DeviceLostException loss) {
      backend.lose(loss);
    }
    failure = noted;
    return noted;
  }

  /** Fills a tensor of the wrapped backend with NaN. For the device's thread. */
  void poison(Tensor tensor) {
    poison().tensor(tensor);
  }

  private Poison poison() {
    if (poison == null) {
      throw new IllegalStateException("there is no forward that could poison");
    }
    return poison;
  }

  /** Reads a tensor's elements as they are when the device gets there. */
  Readback read(DelayedTensor x) {
    CompletableFuture<float[]> values = new CompletableFuture<>();
    enqueue(
        "read",
        List.of(x.memory()),
        List.of(),
        forward -> values.complete(forward.read(x.inner()).await()));
    backend.stream()
        .enqueue(() -> {
          BackendException before = failure;
          if (before != null) {
            // Does nothing if they have arrived.
            boolean _ = values.completeExceptionally(before);
          }
        });
    return new DelayedReadback(backend, values);
  }

  /** Closes a part before the rest. */
  <T extends AutoCloseable> void close(Handle<T> part, Consumer<T> close) {
    backend.requireCallable("close");
    if (part.end()) {
      Owned<?> its =
          owned.stream().filter(each -> each.handle().equals(part)).findFirst().orElseThrow();
      boolean _ = owned.remove(its);
      backend.stream()
          .enqueue(() ->
              backend.blaming(() -> {
                if (part.isMade()) {
                  T value = part.inner();
                  Object _ = its.poison(poison());
                  close.accept(value);
                }
              }));
    }
  }

  void close() {
    backend.requireCallable("close");
    if (!whole.end()) {
      return;
    }
    owned.forEach(part -> part.handle().end());
    backend.stream()
        .enqueue(() -> {
          Forward inner = whole.take();
          if (inner != null) {
            backend.blaming(() -> {
              for (Owned<?> part : owned) {
                Object _ = part.poison(poison());
              }
            });
            backend.blaming(inner::close);
          }
        });
  }
}
