package dev.vl4j.cuda.driver;

import static dev.vl4j.cuda.driver.CublasLtConstants.*;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.vl4j.device.library.Symbols;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DeviceLostException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * The functions of cuBLASLt on products, and on the descriptions and layouts that they are made of.
 * Handles and device addresses are longs. A call that fails because the device is lost throws what
 * the driver throws.
 */
public final class CublasLt {
  /** Bytes that addresses and strides of matrices are multiples of. */
  public static final int ALIGNMENT = 16;

  /** Factors 1 and 0, as the host's float32 that {@link #multiply} takes. */
  public static final MemorySegment ONE = Arena.global().allocateFrom(JAVA_FLOAT, 1);

  public static final MemorySegment ZERO = Arena.global().allocateFrom(JAVA_FLOAT, 0);

  /** The same as int32, for products of integers. */
  public static final MemorySegment WHOLE_ONE = Arena.global().allocateFrom(JAVA_INT, 1);

  public static final MemorySegment WHOLE_ZERO = Arena.global().allocateFrom(JAVA_INT, 0);

  /**
   * One of cuBLASLt's ways to compute a product.
   *
   * @param code opaque, {@link CublasLtConstants#ALGORITHM_BYTES}
   * @param workspaceBytes device memory that it needs besides
   */
  public record Algorithm(MemorySegment code, long workspaceBytes) {}

  private final Driver driver;
  private final Functions functions;
  private final MethodHandle statusString;
  private final MethodHandle version;
  private final MethodHandle create;
  private final MethodHandle destroy;
  private final MethodHandle createDescription;
  private final MethodHandle setDescription;
  private final MethodHandle destroyDescription;
  private final MethodHandle createLayout;
  private final MethodHandle destroyLayout;
  private final MethodHandle multiply;
  private final CublasLtHeuristics heuristics;

  /**
   * Binds the functions; calls none.
   *
   * @param driver of the device that it computes on
   * @throws CudaException if one is missing
   */
  public CublasLt(Symbols symbols, Driver driver) {
    this.driver = driver;
    functions = new Functions(symbols);
    statusString =
        functions.bind("cublasLtGetStatusString", FunctionDescriptor.of(ADDRESS, JAVA_INT));
    version = functions.bind("cublasLtGetVersion", FunctionDescriptor.of(JAVA_LONG));
    create = functions.bind("cublasLtCreate", ADDRESS);
    destroy = functions.bind("cublasLtDestroy", JAVA_LONG);
    createDescription = functions.bind("cublasLtMatmulDescCreate", ADDRESS, JAVA_INT, JAVA_INT);
    setDescription =
        functions.bind("cublasLtMatmulDescSetAttribute", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    destroyDescription = functions.bind("cublasLtMatmulDescDestroy", JAVA_LONG);
    createLayout =
        functions.bind(
            "cublasLtMatrixLayoutCreate", ADDRESS, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    destroyLayout = functions.bind("cublasLtMatrixLayoutDestroy", JAVA_LONG);
    multiply =
        functions.bind(
            "cublasLtMatmul",
            JAVA_LONG,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG);
    heuristics = new CublasLtHeuristics(this);
  }

  Functions functions() {
    return functions;
  }

  /** Its functions on algorithms. */
  public CublasLtHeuristics heuristics() {
    return heuristics;
  }

  /** Every function that was looked for, with the types that it is called with. */
  List<Signature> signatures() {
    return functions.signatures();
  }

  private String text(int status) {
    try {
      return "%s (%d)"
          .formatted(Functions.text((MemorySegment) statusString.invokeExact(status)), status);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  void check(String operation, int status) {
    if (status != CUBLAS_STATUS_SUCCESS) {
      throw failure(operation, status);
    }
  }

  void check(String operation, Driver.Call call) {
    check(operation, Driver.status(call));
  }

  long make(String operation, Driver.Maker maker) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_LONG);
      check(operation, () -> maker.run(out));
      return out.get(JAVA_LONG, 0);
    }
  }

  /** Checks a call that gives something back: see {@link Driver}. */
  void release(String operation, Driver.Call call) {
    int status = Driver.status(call);
    if (status != CUBLAS_STATUS_SUCCESS) {
      BackendException failure = failure(operation, status);
      if (!driver.lost()) {
        throw failure;
      }
    }
  }

  /** For example 130101 for 13.1.1. */
  public long version() {
    try {
      return (long) version.invokeExact();
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** A handle for the current context. */
  public long create() {
    return make("cublasLtCreate", out -> (int) create.invokeExact(out));
  }

  public void destroy(long handle) {
    release("cublasLtDestroy", () -> (int) destroy.invokeExact(handle));
  }

  /** What a product computes: {@code CUBLAS_COMPUTE_...} and the type of its factors. */
  public long createDescription(int computeType, int scaleType) {
    return make(
        "cublasLtMatmulDescCreate",
        out -> (int) createDescription.invokeExact(out, computeType, scaleType));
  }

  /**
   * @param attribute {@code CUBLASLT_MATMUL_DESC_...} of 4 bytes
   */
  public void setDescription(long description, int attribute, int value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocateFrom(JAVA_INT, value);
      check(
          "cublasLtMatmulDescSetAttribute %d to %d".formatted(attribute, value),
          () -> (int) setDescription.invokeExact(description, attribute, buffer, 4L));
    }
  }

  /**
   * @param attribute {@code CUBLASLT_MATMUL_DESC_...} of 8 bytes, such as an address
   */
  public void setDescription(long description, int attribute, long value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocateFrom(JAVA_LONG, value);
      check(
          "cublasLtMatmulDescSetAttribute %d to 0x%x".formatted(attribute, value),
          () -> (int) setDescription.invokeExact(description, attribute, buffer, 8L));
    }
  }

  public void destroyDescription(long description) {
    release("cublasLtMatmulDescDestroy", () -> (int) destroyDescription.invokeExact(description));
  }

  /**
   * A matrix as cuBLASLt sees it, column by column: a row-major matrix is its own transpose there.
   *
   * @param type {@code CUDA_R_...}
   * @param stride elements from a column's start to the next one's
   */
  public long createLayout(int type, long rows, long columns, long stride) {
    return make(
        "cublasLtMatrixLayoutCreate, type %d, %d x %d, stride %d"
            .formatted(type, rows, columns, stride),
        out -> (int) createLayout.invokeExact(out, type, rows, columns, stride));
  }

  public void destroyLayout(long layout) {
    release("cublasLtMatrixLayoutDestroy", () -> (int) destroyLayout.invokeExact(layout));
  }

  /**
   * Enqueues {@code d = alpha a b + beta c} with the epilogue of the description. Addresses are
   * multiples of {@link #ALIGNMENT}; d may be c.
   *
   * @param what names the product in messages, with its shape
   * @param alpha a float32 of the host, such as {@link #ONE}, or an int32; as beta
   * @param workspace an address on the device
   */
  public void multiply(
      Object what,
      long handle,
      long description,
      MemorySegment alpha,
      long a,
      long aLayout,
      long b,
      long bLayout,
      MemorySegment beta,
      long c,
      long cLayout,
      long d,
      long dLayout,
      Algorithm algorithm,
      long workspace,
      long workspaceBytes,
      long stream) {
    int status;
    try {
      status =
          (int)
              multiply.invokeExact(
                  handle,
                  description,
                  alpha,
                  a,
                  aLayout,
                  b,
                  bLayout,
                  beta,
                  c,
                  cLayout,
                  d,
                  dLayout,
                  algorithm.code(),
                  workspace,
                  workspaceBytes,
                  stream);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
    if (status != CUBLAS_STATUS_SUCCESS) {
      throw failure("product %s: cublasLtMatmul".formatted(what), status);
    }
    if (driver.isDebugged()) {
      driver.streams().enqueued("product " + what, CudaConstants.CUDA_SUCCESS, stream);
    }
  }

  /**
   * cuBLASLt does not tell that the device is lost; the driver does, whatever it is asked. A kernel
   * may have failed since it was asked last.
   */
  private BackendException failure(String operation, int status) {
    var failure = new CudaException("%s: %s".formatted(operation, text(status)), status);
    try {
      var _ = driver.memoryInfo();
    } catch (DeviceLostException loss) {
      loss.addSuppressed(failure);
      return loss;
    } catch (BackendException other) {
      failure.addSuppressed(other);
    }
    return failure;
  }
}
