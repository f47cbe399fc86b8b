package dev.vl4j.cuda.driver;

import static dev.vl4j.cuda.driver.CublasLtConstants.*;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.vl4j.cuda.driver.CublasLt.Algorithm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * The functions of cuBLASLt on algorithms: which it proposes for a product, what they are, and
 * whether one found for one product computes another.
 */
public final class CublasLtHeuristics {
  private static final long WORKSPACE_SIZE = offset("workspaceSize");
  private static final long STATE = offset("state");
  private static final long ALGORITHM = offset("algo");

  private final CublasLt library;
  private final MethodHandle createPreference;
  private final MethodHandle setPreference;
  private final MethodHandle destroyPreference;
  private final MethodHandle heuristic;
  private final MethodHandle checkAlgorithm;
  private final MethodHandle algorithmAttribute;

  CublasLtHeuristics(CublasLt library) {
    this.library = library;
    Functions functions = library.functions();
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
  }

  private static long offset(String field) {
    return HEURISTIC_RESULT.byteOffset(PathElement.groupElement(field));
  }

  /**
   * Ways to compute a product {@code d = a b + c}, best first, for matrices at multiples of {@link
   * CublasLt#ALIGNMENT} bytes.
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
        library.make(
            "cublasLtMatmulPreferenceCreate", out -> (int) createPreference.invokeExact(out));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocateFrom(JAVA_LONG, workspaceBytes);
      prefer(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, bytes);
      MemorySegment schemes = arena.allocateFrom(JAVA_INT, reductionSchemes);
      prefer(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, schemes);
      // Otherwise cuBLASLt takes 256 for granted, which rows of a matrix do not have.
      MemorySegment alignment = arena.allocateFrom(JAVA_INT, CublasLt.ALIGNMENT);
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
      library.check("cublasLtMatmulAlgoGetHeuristic", status);
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
      library.release(
          "cublasLtMatmulPreferenceDestroy", () -> (int) destroyPreference.invokeExact(preference));
    }
  }

  private void prefer(long preference, int attribute, MemorySegment value) {
    library.check(
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
      library.check(
          "cublasLtMatmulAlgoConfigGetAttribute " + attribute,
          () -> (int) algorithmAttribute.invokeExact(code, attribute, value, room, written));
      return value.get(JAVA_INT, 0);
    }
  }
}
