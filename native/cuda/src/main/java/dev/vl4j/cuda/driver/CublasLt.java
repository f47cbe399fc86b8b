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
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * The functions of cuBLASLt. Handles and device addresses are longs. A call that fails because the
 * device is lost throws what the driver throws.
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

  private static final long WORKSPACE_SIZE = offset("workspaceSize");
  private static final long STATE = offset("state");
  private static final long ALGORITHM = offset("algo");

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
  private final MethodHandle createPreference;
  private final MethodHandle setPreference;
  private final MethodHandle destroyPreference;
  private final MethodHandle heuristic;
  private final MethodHandle checkAlgorithm;
  private final MethodHandle algorithmAttribute;
  private final MethodHandle multiply;

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
    createPreference = functions.bind("cublasLtMatmulPreferenceCreate", ADDRESS);
    setPreference =
        functions.bind(
            "cublasLtMatmulPreferenceSetAttribute", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    destroyPreference = functions.bind("cublasLtMatmulPreferenceDestroy", JAVA_LONG);
    heuristic =
        functions.bind(
            "cublasLtMatmulAlgoGetHeuristic",
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_INT,
            ADDRESS,
            ADDRESS);
    checkAlgorithm =
        functions.bind(
            "cublasLtMatmulAlgoCheck",
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            ADDRESS,
            ADDRESS);
    algorithmAttribute =
        functions.bind(
            "cublasLtMatmulAlgoConfigGetAttribute", ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS);
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
  }

  private static long offset(String field) {
    return HEURISTIC_RESULT.byteOffset(PathElement.groupElement(field));
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

  private void check(String operation, int status) {
    if (status != CUBLAS_STATUS_SUCCESS) {
      throw failure(operation, status);
    }
  }

  private void check(String operation, Driver.Call call) {
    check(operation, Driver.status(call));
  }

  private long make(String operation, Driver.Maker maker) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_LONG);
      check(operation, () -> maker.run(out));
      return out.get(JAVA_LONG, 0);
    }
  }

  /** Checks a call that gives something back: see {@link Driver}. */
  private void release(String operation, Driver.Call call) {
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
   * Ways to compute a product {@code d = a b + c}, best first, for matrices at multiples of {@link
   * #ALIGNMENT} bytes.
   *
   * @param a a layout, as b, c and d
   * @param reductionSchemes ways to sum a product split along its depth that are allowed; 0 for
   *     none
   * @param most how many to ask for
   * @return perhaps none
   */
  public List<Algorithm> algorithms(
      long handle,
      long description,
      long a,
      long b,
      long c,
      long d,
      long workspaceBytes,
      int reductionSchemes,
      int most) {
    long preference =
        make("cublasLtMatmulPreferenceCreate", out -> (int) createPreference.invokeExact(out));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocateFrom(JAVA_LONG, workspaceBytes);
      prefer(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, bytes);
      MemorySegment schemes = arena.allocateFrom(JAVA_INT, reductionSchemes);
      prefer(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, schemes);
      // Otherwise cuBLASLt takes 256 for granted, which rows of a matrix do not have.
      MemorySegment alignment = arena.allocateFrom(JAVA_INT, ALIGNMENT);
      prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignment);
      prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignment);
      prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignment);
      prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignment);
      MemorySegment found = arena.allocate(JAVA_INT);
      MemorySegment results = arena.allocate(HEURISTIC_RESULT, most);
      int status =
          Driver.status(() ->
              (int)
                  heuristic.invokeExact(
                      handle, description, a, b, c, d, preference, most, results, found));
      if (status == CUBLAS_STATUS_NOT_SUPPORTED) {
        return List.of();
      }
      check("cublasLtMatmulAlgoGetHeuristic", status);
      List<Algorithm> algorithms = new ArrayList<>();
      for (int i = 0; i < found.get(JAVA_INT, 0); i++) {
        long at = i * HEURISTIC_RESULT.byteSize();
        if (results.get(JAVA_INT, at + STATE) == CUBLAS_STATUS_SUCCESS) {
          MemorySegment code = Arena.ofAuto().allocate(ALGORITHM_BYTES, 8);
          MemorySegment.copy(results, at + ALGORITHM, code, 0, ALGORITHM_BYTES);
          algorithms.add(new Algorithm(code, results.get(JAVA_LONG, at + WORKSPACE_SIZE)));
        }
      }
      return algorithms;
    } finally {
      release(
          "cublasLtMatmulPreferenceDestroy", () -> (int) destroyPreference.invokeExact(preference));
    }
  }

  private void prefer(long preference, int attribute, MemorySegment value) {
    check(
        "cublasLtMatmulPreferenceSetAttribute " + attribute,
        () -> (int) setPreference.invokeExact(preference, attribute, value, value.byteSize()));
  }

  /**
   * Device memory that an algorithm found for one product needs for another.
   *
   * @return bytes, or -1 if it cannot compute that product
   */
  public long workspaceBytes(
      long handle, long description, long a, long b, long c, long d, Algorithm algorithm) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment result = arena.allocate(HEURISTIC_RESULT);
      MemorySegment code = algorithm.code();
      int status =
          Driver.status(() ->
              (int) checkAlgorithm.invokeExact(handle, description, a, b, c, d, code, result));
      return status == CUBLAS_STATUS_SUCCESS ? result.get(JAVA_LONG, WORKSPACE_SIZE) : -1;
    }
  }

  /**
   * A number of an algorithm's configuration.
   *
   * @param attribute {@code CUBLASLT_ALGO_CONFIG_...}
   */
  public int attribute(Algorithm algorithm, int attribute) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_INT);
      MemorySegment written = arena.allocate(JAVA_LONG);
      MemorySegment code = algorithm.code();
      // Some are of 2 bytes.
      long room = attribute >= CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID ? 2L : 4L;
      check(
          "cublasLtMatmulAlgoConfigGetAttribute " + attribute,
          () -> (int) algorithmAttribute.invokeExact(code, attribute, value, room, written));
      return value.get(JAVA_INT, 0);
    }
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
      driver.enqueued("product " + what, CudaConstants.CUDA_SUCCESS, stream);
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
