package dev.vl4j.ascend.fake;

import dev.vl4j.ascend.bindings.AscendFunctions;
import dev.vl4j.ascend.bindings.Declaration;
import dev.vl4j.ascend.bindings.NativeType;
import dev.vl4j.device.fake.FakeFault;
import dev.vl4j.device.fake.Faults;
import dev.vl4j.device.library.Symbols;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A machine with Ascend NPUs, in plain Java: CANN's libraries as native functions that execute.
 * What an NPU would have computed nonsense from is found ({@link #violations}), poisons the device,
 * and fails {@link #close}, as do leaks.
 */
public final class FakeCann implements AutoCloseable {
  /**
   * What the names of operators that run begin with, where they are counted and planned to fail.
   */
  static final String RUN = "run ";

  private static final int STUB_LIBRARY = 100039;

  /** How a machine is made. */
  public static final class Builder {
    private final Set<String> missing = new HashSet<>();
    private String soc = "Ascend910B3";
    private int devices = 1;
    private long bytes = 1L << 30;
    private boolean stub;
    private boolean withoutKernels;
    private long seed = Long.getLong("tests.seed", 20261127L);

    private Builder() {}

    /** The processor's name, such as {@code Ascend310P3}. */
    public Builder soc(String name) {
      soc = name;
      return this;
    }

    /** Devices, none or more, and the bytes of each. */
    public Builder devices(int count, long bytesOfEach) {
      devices = count;
      bytes = bytesOfEach;
      return this;
    }

    /** Lets the libraries be ones that do not have a function. */
    public Builder without(String symbol) {
      missing.add(symbol);
      return this;
    }

    /** The libraries that a toolkit has for linking, of which no function does anything. */
    public Builder stub() {
      stub = true;
      return this;
    }

    /** A toolkit without the package of operators for this processor. */
    public Builder withoutKernels() {
      withoutKernels = true;
      return this;
    }

    /** Of the delays. */
    public Builder seed(long newSeed) {
      seed = newSeed;
      return this;
    }

    public FakeCann build() {
      return new FakeCann(this);
    }
  }

  private final FakeMemory memory = new FakeMemory();
  private final Handles handles = new Handles();
  private final Faults faults = new Faults();
  private final List<FakeDevice> devices = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();
  private final Map<String, Function> functions = new HashMap<>();
  private final Map<Thread, FakeDevice> current = new ConcurrentHashMap<>();
  private final Map<Thread, String> messages = new ConcurrentHashMap<>();
  private final List<MemorySegment> texts = new ArrayList<>();
  private final Map<String, Long> moved = new TreeMap<>();
  private final RuntimeFunctions runtime;
  private final OperatorFunctions operators;
  private final UpcallLibrary library;
  private final String soc;
  private final boolean stub;
  private final boolean withoutKernels;
  private final long seed;
  private volatile boolean closed;

  private FakeCann(Builder builder) {
    soc = builder.soc;
    stub = builder.stub;
    withoutKernels = builder.withoutKernels;
    seed = builder.seed;
    for (int i = 0; i < builder.devices; i++) {
      devices.add(new FakeDevice(this, i, builder.bytes));
    }
    runtime = new RuntimeFunctions(this);
    functions.putAll(runtime.functions());
    functions.putAll(new TensorFunctions(this).functions());
    operators = new OperatorFunctions(this, runtime);
    functions.putAll(operators.functions());
    functions.keySet().removeAll(builder.missing);
    Map<String, Declaration> declared =
        AscendFunctions.ALL.stream()
            .filter(function -> functions.containsKey(function.name()))
            .collect(Collectors.toMap(Declaration::name, function -> function));
    if (declared.size() < functions.size()) {
      throw new IllegalStateException("the header lacks some of " + functions.keySet());
    }
    library = new UpcallLibrary(declared, this::call);
  }

  public static Builder builder() {
    return new Builder();
  }

  /** CANN's libraries. */
  public Symbols libraries() {
    return new Symbols() {
      @Override
      public String name() {
        return "fake CANN";
      }

      @Override
      public Optional<MemorySegment> find(String symbol) {
        return library.find(symbol);
      }
    };
  }

  private Object call(Declaration function, List<Object> values) {
    boolean status = function.result() == NativeType.INT;
    try {
      if (stub) {
        return status ? (Object) STUB_LIBRARY : MemorySegment.NULL;
      }
      if (closed) {
        return status ? (Object) Codes.UNINITIALIZED : MemorySegment.NULL;
      }
      int planned = faults.next(function.name());
      if (planned != 0) {
        operators.abandon(function, values);
        throw planned(planned, function);
      }
      if (!runtime.isInitialized()
          && !function.name().equals("aclInit")
          && !function.name().equals("aclGetRecentErrMsg")) {
        throw new Status(Codes.UNINITIALIZED, "aclInit was not called");
      }
      return present(functions.get(function.name())).call(new Arguments(function, values));
    } catch (Status e) {
      messages.put(Thread.currentThread(), e.message());
      return status ? (Object) e.value() : MemorySegment.NULL;
    } catch (Throwable e) {
      report(function.name(), e);
      messages.put(Thread.currentThread(), "the fake found a violation");
      return status ? (Object) Codes.INVALID : MemorySegment.NULL;
    }
  }

  private Status planned(int status, Declaration function) {
    FakeDevice device = current.get(Thread.currentThread());
    if (status >= Codes.FIRST_POISONING && status < 508000 && device != null) {
      device.poison(status);
    }
    return new Status(status, "planned failure of " + function.name());
  }

  private static <T> T present(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("no such function");
    }
    return value;
  }

  FakeMemory memory() {
    return memory;
  }

  Handles handles() {
    return handles;
  }

  Faults faults() {
    return faults;
  }

  List<FakeDevice> devices() {
    return devices;
  }

  String soc() {
    return soc;
  }

  boolean isWithoutKernels() {
    return withoutKernels;
  }

  long seed() {
    return seed;
  }

  /** Takes a device, and makes it the calling thread's. */
  void enter(FakeDevice device) {
    device.use(1);
    current.put(Thread.currentThread(), device);
  }

  /** Makes a device the calling thread's that was taken before. */
  void setCurrent(FakeDevice device) {
    current.put(Thread.currentThread(), device);
  }

  /** Takes a device back, which loses its current threads with its last user. */
  void leave(FakeDevice device) {
    if (device.users() == 0) {
      throw new FakeFault("aclrtResetDevice of a device that nobody has set");
    }
    device.use(-1);
    if (device.users() == 0) {
      current.values().removeIf(device::equals);
    }
  }

  /** The calling thread's device. */
  FakeDevice current() {
    FakeDevice device = current.get(Thread.currentThread());
    if (device == null) {
      throw new Status(Codes.NO_CONTEXT, "this thread has no current device");
    }
    return device;
  }

  /** 0, or the fault that an operator has left. */
  int requireWhole(FakeDevice device) {
    if (device.fault() != 0) {
      throw new Status(
          device.fault(), "an operator on device %d failed".formatted(device.number()));
    }
    return 0;
  }

  /** Text that a function returns. */
  MemorySegment text(String text) {
    MemorySegment memory = Arena.ofAuto().allocateFrom(text);
    synchronized (texts) {
      texts.add(memory);
    }
    return memory;
  }

  /** The last message of this thread, which is gone then. */
  MemorySegment takeMessage() {
    String text = messages.remove(Thread.currentThread());
    return text == null ? MemorySegment.NULL : text(text);
  }

  /**
   * Lets a call of a function fail.
   *
   * @param number 1 for the next one
   * @param status from 507000 on, it poisons the device
   */
  public void fail(String function, int number, int status) {
    faults.plan(function, number, status);
  }

  /** Lets an operator fail while it runs, so that later calls find out. */
  public void failRun(String operator, int number, int status) {
    faults.plan(RUN + operator, number, status);
  }

  /** Calls by function, and runs of operators. */
  public Map<String, Integer> counts() {
    return faults.counts();
  }

  /** Counts what an operator reads and writes. */
  synchronized void count(String operator, List<FakeTensor> tensors) {
    long bytes = 0;
    for (FakeTensor tensor : tensors) {
      bytes += tensor.elements() * tensor.element().bytes();
    }
    moved.merge(operator, bytes, Long::sum);
  }

  /** Bytes of all tensors that an operator was given, by operator. */
  public synchronized Map<String, Long> movedBytes() {
    return Map.copyOf(moved);
  }

  /** What an NPU would have computed nonsense from, so far. */
  public List<String> violations() {
    synchronized (violations) {
      return List.copyOf(violations);
    }
  }

  /** Takes violations that a test has provoked, so that {@link #close} does not report them. */
  public List<String> takeViolations() {
    synchronized (violations) {
      List<String> taken = List.copyOf(violations);
      violations.clear();
      return taken;
    }
  }

  void report(String where, Throwable what) {
    StringBuilder text = new StringBuilder(where).append(": ").append(what.getMessage());
    if (!(what instanceof FakeFault)) {
      text.append(" (").append(what.getClass().getName()).append(')');
      StackTraceElement[] trace = what.getStackTrace();
      for (int i = 0; i < Math.min(6, trace.length); i++) {
        text.append("\n    at ").append(trace[i]);
      }
    }
    synchronized (violations) {
      violations.add(text.toString());
    }
  }

  /** Bytes of memory that are allocated, of all devices. */
  public long allocatedBytes() {
    return devices.stream().mapToLong(device -> memory.bytes(device.number())).sum();
  }

  /** What somebody should have given back. */
  public List<String> leaks() {
    List<String> leaks = new ArrayList<>(memory.leaks());
    Map<String, Integer> counts = new TreeMap<>();
    for (Object object : handles.all()) {
      counts.merge(object.getClass().getSimpleName(), 1, Integer::sum);
    }
    counts.forEach((kind, count) -> leaks.add("%d of %s".formatted(count, kind)));
    for (FakeDevice device : devices) {
      if (device.users() != 0) {
        leaks.add("device %d, set %d times".formatted(device.number(), device.users()));
      }
    }
    return leaks;
  }

  /** Throws an error with all violations, and all leaks unless a device was lost. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    boolean lost = devices.stream().anyMatch(device -> device.fault() != 0);
    List<String> found = new ArrayList<>(violations());
    if (!lost) {
      leaks().forEach(leak -> found.add("leak: " + leak));
    }
    memory.forget();
    if (!found.isEmpty()) {
      throw new AssertionError("the fake NPU found:\n  " + String.join("\n  ", found));
    }
  }
}
