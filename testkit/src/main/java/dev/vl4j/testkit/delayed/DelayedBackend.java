package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DeviceLostException;
import dev.vl4j.kernels.DeviceMemory;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.PackedWeights;
import dev.vl4j.kernels.Reproducibility;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Support;
import dev.vl4j.kernels.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A device that is as strict and as late as devices are: a wrapped backend behind a queue.
 *
 * <p>Every operation runs later, on a thread of its own. Memory is counted, there is only so much
 * of it, and it is full of NaN when it is allocated and after it is freed. Calls from another
 * thread than the one that opened the backend are refused, and so are handles that are closed or
 * another forward's, operands that were never written, keys and values that were never computed,
 * and outputs that share memory with inputs. What the device fails with shows at a later operation
 * of the same forward, or where its results are awaited; also in forwards that read what it should
 * have computed.
 *
 * <p>What a test asks of it or sets may be called by any thread.
 */
public final class DelayedBackend implements Backend {
  private static final long DEFAULT_MEMORY = 1L << 30;

  private static final List<DelayedBackend> OPEN = new CopyOnWriteArrayList<>();

  private final CommandStream stream;
  private final Backend inner;
  private final Ledger ledger;
  private final Thread thread = Thread.currentThread();
  private final AtomicLong numbers = new AtomicLong();
  private final Map<String, Long> operations = new TreeMap<>();
  private long sinceFaults;
  private Faults faults = Faults.NONE;
  private volatile @Nullable Throwable strayFailure;
  private volatile @Nullable DeviceLostException lost;
  private boolean open = true;

  /**
   * Opens the wrapped backend on the device's thread.
   *
   * @param memory bytes that there are, 0 for a GiB
   * @param seed of the delays
   */
  public DelayedBackend(Supplier<Backend> wrapped, long memory, long seed) {
    ledger = new Ledger(memory == 0 ? DEFAULT_MEMORY : memory);
    stream = new CommandStream(seed);
    try {
      inner = stream.call(wrapped);
    } catch (RuntimeException | Error e) {
      stream.close();
      throw e;
    }
    OPEN.add(this);
  }

  /** Those that are open, in the order in which they were opened. */
  public static List<DelayedBackend> allOpen() {
    return List.copyOf(OPEN);
  }

  /**
   * How often each operation of {@link Forward} was called, by its name. What allocates memory is
   * not among them.
   */
  public Map<String, Long> operations() {
    synchronized (operations) {
      return new TreeMap<>(operations);
    }
  }

  /** What is allocated, in the order in which it was: {@code tensor #12 [3, 4]}. */
  public List<String> live() {
    return ledger.live();
  }

  /** Sets what goes wrong from now on. */
  public void setFaults(Faults faults) {
    ledger.setFaults(faults);
    synchronized (operations) {
      this.faults = faults;
      sinceFaults = 0;
    }
  }

  /** How many allocations were asked for since the faults were set. */
  public long allocations() {
    return ledger.count();
  }

  /** How many allocations have failed so far. */
  public long failedAllocations() {
    return ledger.failures();
  }

  /** Sets how much memory there is, in bytes; what is allocated stays so. */
  public void setMemory(long bytes) {
    ledger.setTotal(bytes);
  }

  /** Lets the device begin nothing any more until {@link #resume}. */
  public void hold() {
    stream.hold();
  }

  /** Lets the device go on. */
  public void resume() {
    stream.resume();
  }

  long nextNumber() {
    return numbers.incrementAndGet();
  }

  CommandStream stream() {
    return stream;
  }

  /** The wrapped backend. For the device's thread. */
  Backend inner() {
    return inner;
  }

  Ledger.Allocation allocate(String operation, String what, long bytes) {
    return ledger.allocate(operation, what, bytes);
  }

  void requireThread(String operation) {
    if (Thread.currentThread() != thread) {
      throw new BackendException(
          "%s: called by thread %s, but the backend belongs to %s"
              .formatted(operation, Thread.currentThread().getName(), thread.getName()));
    }
  }

  /** Refuses a call that may not be. */
  void requireCallable(String operation) {
    requireThread(operation);
    if (!open) {
      throw new BackendException(operation + ": the backend is closed");
    }
    DeviceLostException failure = lost;
    if (failure != null && !operation.equals("close")) {
      throw reported(operation, failure);
    }
  }

  void count(String operation) {
    synchronized (operations) {
      operations.merge(operation, 1L, Long::sum);
    }
  }

  /** Does what must not fail, and keeps it for the end if it does. For the device's thread. */
  void blaming(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      if (strayFailure == null) {
        strayFailure = e;
      }
    }
  }

  /** What the device fails with as it does an operation, or null. For the device's thread. */
  @Nullable BackendException fault(String operation) {
    DeviceLostException before = lost;
    if (before != null) {
      return before;
    }
    BackendException failure;
    synchronized (operations) {
      failure = faults.failure(operation, ++sinceFaults);
    }
    return failure;
  }

  void lose(DeviceLostException loss) {
    lost = loss;
  }

  /** A failure of the device as a later call reports it. */
  static BackendException reported(String operation, BackendException failure) {
    String message = "%s: the device has failed: %s".formatted(operation, failure.getMessage());
    BackendException report =
        failure instanceof DeviceLostException
            ? new DeviceLostException(message)
            : new BackendException(message);
    report.initCause(failure);
    return report;
  }

  @Override
  public String description() {
    requireThread("description");
    return "delayed %s".formatted(stream.call(inner::description));
  }

  @Override
  public Reproducibility reproducibility() {
    requireThread("reproducibility");
    return stream.call(inner::reproducibility);
  }

  @Override
  public DeviceMemory memory() {
    return ledger.memory();
  }

  @Override
  public int preferredRows() {
    requireThread("preferredRows");
    return stream.call(inner::preferredRows);
  }

  @Override
  public Support supports(OperandFormat operands) {
    requireThread("supports");
    return stream.call(() -> inner.supports(operands));
  }

  @Override
  public Support supports(OperandFormat operands, int headSize) {
    requireThread("supports");
    return stream.call(() -> inner.supports(operands, headSize));
  }

  @Override
  public <T> Optional<T> capability(Class<T> type) {
    requireThread("capability");
    if (type != PackedWeights.class) {
      return Optional.empty();
    }
    return stream
        .call(() -> inner.capability(PackedWeights.class))
        .map(packed -> type.cast(new DelayedPackedWeights(this, packed)));
  }

  @Override
  public Linear prepare(List<HostMatrix> parts, OperandFormat operands) {
    requireCallable("prepare");
    Operands.prepare(parts);
    return prepared("prepare", () -> inner.prepare(parts, operands));
  }

  @Override
  public Linear prepareGated(HostMatrix gate, HostMatrix up, OperandFormat operands) {
    requireCallable("prepareGated");
    Operands.prepareGated(gate, up);
    return prepared("prepareGated", () -> inner.prepareGated(gate, up, operands));
  }

  /** Prepares at once, since the matrices' memory may be gone afterwards. */
  private Linear prepared(String operation, Supplier<Linear> work) {
    Linear prepared = stream.call(work);
    return withInner(prepared, () -> new DelayedLinear(this, operation, prepared));
  }

  @Override
  public RowTable table(HostMatrix matrix) {
    requireCallable("table");
    RowTable table = stream.call(() -> inner.table(matrix));
    return withInner(table, () -> new DelayedTable(this, table));
  }

  /** A handle on something that is there already, which is closed if there is no memory for it. */
  private <T extends AutoCloseable, H extends Handle<T>> H withInner(T value, Supplier<H> make) {
    H handle;
    try {
      handle = make.get();
    } catch (RuntimeException e) {
      stream.enqueue(() -> {
        try {
          value.close();
        } catch (Exception second) {
          e.addSuppressed(second);
        }
      });
      throw e;
    }
    stream.enqueue(() -> handle.set(value));
    return handle;
  }

  @Override
  public OwnedTensor tensor(int rows, int columns) {
    requireCallable("tensor");
    Operands.tensor(rows, columns);
    Handle<Tensor> storage = DelayedTensor.storage(this, null, "tensor", rows, columns);
    enqueueOwned(
        storage,
        () -> {
          OwnedTensor tensor = inner.tensor(rows, columns);
          storage.set(tensor);
          Poison.in(inner, poison -> poison.tensor(tensor));
        });
    return new DelayedTensor(storage, rows, columns);
  }

  @Override
  public OwnedTensor upload(float[] values, int rows, int columns) {
    requireCallable("upload");
    Operands.upload(values, rows, columns);
    float[] taken = values.clone();
    Handle<Tensor> storage = DelayedTensor.storage(this, null, "upload", rows, columns);
    enqueueOwned(storage, () -> storage.set(inner.upload(taken, rows, columns)));
    return new DelayedTensor(storage, rows, columns);
  }

  @Override
  public KeyValues keyValues(AttentionShape shape, int layers, int rows) {
    requireCallable("keyValues");
    Operands.keyValues(shape, layers, rows);
    DelayedKeyValues handle = new DelayedKeyValues(this, null, shape, layers, rows);
    enqueueOwned(
        handle,
        () -> {
          KeyValues keyValues = inner.keyValues(shape, layers, rows);
          handle.set(keyValues);
          Poison.in(inner, poison -> poison.keyValues(keyValues));
        });
    return handle;
  }

  private void enqueueOwned(Handle<?> handle, Runnable make) {
    stream.enqueue(() -> {
      try {
        make.run();
      } catch (RuntimeException | Error e) {
        handle.spoil(new BackendException("%s: %s".formatted(handle, e.getMessage()), e));
      }
    });
  }

  @Override
  public Forward begin() {
    requireCallable("begin");
    return new DelayedForward(this);
  }

  /** Closes what outlives forwards, after what was enqueued before. */
  <T> void closeOwned(Handle<T> handle, BiConsumer<Poison, T> poison, Consumer<T> close) {
    requireCallable("close");
    if (handle.end()) {
      stream.enqueue(() -> {
        T value = handle.take();
        if (value != null) {
          blaming(() -> Poison.in(inner, p -> poison.accept(p, value)));
          blaming(() -> close.accept(value));
        }
      });
    }
  }

  /** Closes what outlives forwards and waits for it. */
  <T> void closeAndWait(Handle<T> handle, Consumer<T> close) {
    requireCallable("close");
    if (handle.end()) {
      boolean _ =
          stream.call(() -> {
            T value = handle.take();
            if (value != null) {
              close.accept(value);
            }
            return true;
          });
    }
  }

  /**
   * Ends the device.
   *
   * @throws BackendException if anything of it is still open, or could not be closed; it is closed
   *     all the same
   */
  @Override
  public void close() {
    requireThread("close");
    if (!open) {
      return;
    }
    open = false;
    OPEN.remove(this);
    List<String> live = ledger.live();
    stream.resume();
    try {
      boolean _ =
          stream.call(() -> {
            inner.close();
            return true;
          });
    } finally {
      stream.close();
    }
    Throwable stray = strayFailure;
    if (stray != null) {
      throw new BackendException(
          "close: something could not be closed: " + stray.getMessage(), stray);
    }
    if (!live.isEmpty()) {
      throw new BackendException(
          "close: %d of this backend are still open: %s"
              .formatted(
                  live.size(), String.join(", ", live.subList(0, Math.min(10, live.size())))));
    }
  }
}
