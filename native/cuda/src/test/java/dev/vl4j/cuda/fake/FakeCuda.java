package dev.vl4j.cuda.fake;

import static dev.vl4j.cuda.driver.CublasLtConstants.CUBLAS_STATUS_INTERNAL_ERROR;
import static dev.vl4j.cuda.driver.CudaConstants.CUDA_ERROR_DEINITIALIZED;
import static dev.vl4j.cuda.driver.CudaConstants.CUDA_ERROR_INVALID_VALUE;

import dev.vl4j.cuda.library.Libraries;
import dev.vl4j.device.fake.FakeFault;
import dev.vl4j.device.fake.Faults;
import dev.vl4j.device.library.Symbols;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A machine with GPUs, in plain Java: the driver, cuBLASLt and NVRTC as native functions that
 * execute. Kernels are their {@link Twin}s. What a GPU would have computed nonsense from is found
 * ({@link #violations}), poisons the context, and fails {@link #close}, as do leaks.
 */
public final class FakeCuda implements AutoCloseable {
  /** What the names of kernels begin with, where they are counted and planned to fail. */
  static final String KERNEL = "kernel ";

  /** How a machine is made. */
  public static final class Builder {
    private final List<FakeDevice> devices = new ArrayList<>();
    private final Map<String, Twin> twins = new HashMap<>();
    private final Set<String> missing = new HashSet<>();
    private int driverVersion = 13000;
    private long cublasLtVersion = 130101;
    private List<Integer> bf16Algorithms = List.of(FakeAlgorithm.SPLIT_ID, FakeAlgorithm.WHOLE_ID);
    private boolean scales = true;
    private boolean integers = true;
    private long seed = Long.getLong("tests.seed", 20261127L);

    private Builder() {}

    /** One more device; without any, there is one like an H100. */
    public Builder device(FakeDevice device) {
      devices.add(device);
      return this;
    }

    public Builder twin(String kernel, Twin twin) {
      twins.put(kernel, twin);
      return this;
    }

    /** Twins of kernels by name. */
    public Builder twins(Map<String, Twin> more) {
      twins.putAll(more);
      return this;
    }

    /** Lets a library be one that does not have a function. */
    public Builder without(String symbol) {
      missing.add(symbol);
      return this;
    }

    /** For example 12040 for CUDA 12.4. */
    public Builder driverVersion(int version) {
      driverVersion = version;
      return this;
    }

    public Builder cublasLtVersion(long version) {
      cublasLtVersion = version;
      return this;
    }

    /**
     * Ids of the algorithms that cuBLASLt proposes for products of bfloat16, best first: 13 splits
     * sums by the number of rows, all others do not.
     */
    public Builder bf16Algorithms(Integer... ids) {
      bf16Algorithms = List.of(ids);
      return this;
    }

    /** cuBLASLt has no products of integers for these devices. */
    public Builder withoutIntegers() {
      integers = false;
      return this;
    }

    /** cuBLASLt forgets the scales of rows and columns that it is given. */
    public Builder withoutScales() {
      scales = false;
      return this;
    }

    /** Of the delays. */
    public Builder seed(long newSeed) {
      seed = newSeed;
      return this;
    }

    /** A machine with the driver and no device. */
    public FakeCuda buildWithoutDevices() {
      return new FakeCuda(this, List.of());
    }

    public FakeCuda build() {
      return new FakeCuda(
          this, devices.isEmpty() ? List.of(FakeDevice.HOPPER) : List.copyOf(devices));
    }
  }

  private final FakeMemory memory = new FakeMemory();
  private final HostMemory hostMemory = new HostMemory();
  private final Handles handles = new Handles();
  private final Faults faults = new Faults();
  private final Map<String, Twin> twins;
  private final List<FakeContext> contexts = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();
  private final long seed;
  private final Libraries libraries;
  private volatile boolean closed;

  private FakeCuda(Builder builder, List<FakeDevice> devices) {
    seed = builder.seed;
    twins = Map.copyOf(builder.twins);
    for (FakeDevice device : devices) {
      contexts.add(new FakeContext(this, contexts.size(), device));
    }
    Set<String> missing = Set.copyOf(builder.missing);
    FakeDriver driver = new FakeDriver(this, builder.driverVersion);
    libraries =
        new Libraries(
            stubs(
                "fake libcuda",
                List.of(
                    driver,
                    new FakeAllocations(this, driver),
                    new FakeCopies(this, driver),
                    new FakeStreams(this, driver),
                    new FakeModules(this, driver)),
                missing,
                CUDA_ERROR_INVALID_VALUE),
            stubs(
                "fake libcublasLt",
                List.of(
                    new FakeCublasLt(
                        this,
                        driver,
                        builder.cublasLtVersion,
                        List.copyOf(builder.bf16Algorithms),
                        builder.scales,
                        builder.integers)),
                missing,
                CUBLAS_STATUS_INTERNAL_ERROR),
            stubs("fake libnvrtc", List.of(new FakeNvrtc(handles)), missing, 11));
  }

  public static Builder builder() {
    return new Builder();
  }

  private Symbols stubs(String name, List<Object> targets, Set<String> missing, int failure) {
    return new Stubs(
        name, targets, missing, (symbol, method, body) -> call(symbol, method, body, failure));
  }

  private Object call(String symbol, Method method, Stubs.Body body, int failure) {
    Class<?> result = method.getReturnType();
    try {
      if (closed) {
        return result == int.class ? (Object) CUDA_ERROR_DEINITIALIZED : answer(result, body);
      }
      int planned = faults.next(symbol);
      return planned == 0 ? body.run() : planned(planned);
    } catch (Status status) {
      return status.value();
    } catch (Throwable e) {
      report(symbol, e);
      return result == int.class
          ? (Object) failure
          : result == long.class ? 0L : MemorySegment.NULL;
    }
  }

  private static Object answer(Class<?> result, Stubs.Body body) throws Throwable {
    Object answer = body.run();
    if (answer == null) {
      throw new IllegalStateException("a function gives no " + result);
    }
    return answer;
  }

  /** A planned status of a poisoned context stays. */
  private int planned(int status) {
    if (status >= 700) {
      contexts.forEach(context -> context.poison(status));
    }
    return status;
  }

  /** The three libraries. */
  public Libraries libraries() {
    return libraries;
  }

  FakeMemory memory() {
    return memory;
  }

  HostMemory hostMemory() {
    return hostMemory;
  }

  Handles handles() {
    return handles;
  }

  Faults faults() {
    return faults;
  }

  Map<String, Twin> twins() {
    return twins;
  }

  List<FakeContext> contexts() {
    return contexts;
  }

  long seed() {
    return seed;
  }

  /**
   * Lets a call of a function fail. A status from 700 on poisons the contexts.
   *
   * @param call 1 for the next one
   */
  public void fail(String function, int call, int status) {
    faults.plan(function, call, status);
  }

  /**
   * Lets a kernel fail while it runs, so that later calls find out.
   *
   * @param run 1 for the next one
   */
  public void failKernel(String kernel, int run, int status) {
    faults.plan(KERNEL + kernel, run, status);
  }

  /** How often a function was called, or {@code "kernel NAME"} ran. */
  public int calls(String function) {
    return faults.count(function);
  }

  /** How often any function was called. */
  public int calls() {
    return faults.counts().entrySet().stream()
        .filter(call -> !call.getKey().startsWith(KERNEL))
        .mapToInt(Map.Entry::getValue)
        .sum();
  }

  /** What a GPU would have computed nonsense from, so far. */
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
    String text = where + ": " + (what instanceof FakeFault ? what.getMessage() : what.toString());
    if (!(what instanceof FakeFault)) {
      StackTraceElement[] trace = what.getStackTrace();
      for (int i = 0; i < Math.min(6, trace.length); i++) {
        text += "\n    at " + trace[i];
      }
    }
    synchronized (violations) {
      violations.add(text);
    }
  }

  /** Bytes of device memory that are allocated, of all devices. */
  public long allocatedBytes() {
    long bytes = 0;
    for (FakeContext context : contexts) {
      bytes += context.device().bytes() - context.free();
    }
    return bytes;
  }

  /** What somebody should have given back. */
  public List<String> leaks() {
    List<String> leaks = new ArrayList<>();
    Map<String, Integer> counts = new TreeMap<>();
    for (FakeContext context : contexts) {
      memory
          .live(context.number())
          .forEach((address, bytes) -> leaks.add("%d bytes at 0x%x".formatted(bytes, address)));
      if (context.users() != 0) {
        leaks.add("context of device %d, %d times".formatted(context.number(), context.users()));
      }
    }
    leaks.addAll(hostMemory.leaks());
    for (Object object : handles.all()) {
      if (!(object instanceof FakeContext || object instanceof FakeModules.Kernel)) {
        counts.merge(object.getClass().getSimpleName(), 1, Integer::sum);
      }
    }
    counts.forEach((kind, count) -> leaks.add("%d of %s".formatted(count, kind)));
    return leaks;
  }

  /** Throws an error with all violations, and all leaks unless a device was lost. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    boolean lost = contexts.stream().anyMatch(context -> context.fault() != 0);
    contexts.forEach(FakeContext::synchronize);
    closed = true;
    List<String> faults = new ArrayList<>(violations());
    if (!lost) {
      leaks().forEach(leak -> faults.add("leak: " + leak));
    }
    // Java never lets go of what native code can call: this machine stays, but not its memory.
    memory.forget();
    hostMemory.forget();
    if (!faults.isEmpty()) {
      throw new AssertionError("the fake GPU found:\n  " + String.join("\n  ", faults));
    }
  }
}
