package dev.vl4j.cuda.fake;

import static dev.vl4j.cuda.driver.CublasLtConstants.*;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.vl4j.device.fake.FakeFault;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * cuBLASLt's functions for products of float32, bfloat16, E4M3 or int8 matrices. As in the
 * original, what it proposes first may split sums, so that a row's bits depend on the number of
 * rows.
 */
@SuppressWarnings("restricted") // it is given pointers
final class FakeCublasLt {
  private static final long ALIGNMENT = 16;
  private static final Set<Integer> TYPES =
      Set.of(CUDA_R_32F, CUDA_R_16BF, CUDA_R_8F_E4M3, CUDA_R_8I, CUDA_R_32I);

  /** CUDA 12.9. */
  private static final long FIRST_WITH_SCALE_MODES = 120900;

  /** A handle of the library, for a context. */
  record Handle(FakeContext context) {}

  /** A description of a product, or a preference: numbers by attribute. */
  static final class Description {
    final Map<Integer, Long> attributes = new HashMap<>();
    final boolean whole;

    /**
     * @param whole whether it is of integers
     */
    Description(boolean whole) {
      this.whole = whole;
    }

    long get(int attribute, long otherwise) {
      return attributes.getOrDefault(attribute, otherwise);
    }
  }

  /** Attributes of a search. */
  static final class Preference {
    final Map<Integer, Long> attributes = new HashMap<>();
  }

  /** A matrix, column by column. */
  record Layout(int type, long rows, long columns, long stride) {
    int elementBytes() {
      return switch (type) {
        case CUDA_R_32F, CUDA_R_32I -> 4;
        case CUDA_R_16BF -> 2;
        case CUDA_R_8F_E4M3, CUDA_R_8I -> 1;
        default -> throw new FakeFault("a matrix of type " + type);
      };
    }
  }

  private final FakeCuda fake;
  private final FakeDriver driver;
  private final long version;
  private final List<Integer> bf16Algorithms;
  private final boolean scales;
  private final boolean integers;
  private final Map<Integer, MemorySegment> texts = new ConcurrentHashMap<>();

  /**
   * @param bf16Algorithms ids that are proposed for products of bfloat16 and of 8 bits
   * @param scales whether scales of rows and columns have an effect
   * @param integers whether there are products of integers
   */
  FakeCublasLt(
      FakeCuda fake,
      FakeDriver driver,
      long version,
      List<Integer> bf16Algorithms,
      boolean scales,
      boolean integers) {
    this.fake = fake;
    this.driver = driver;
    this.version = version;
    this.bf16Algorithms = bf16Algorithms;
    this.scales = scales;
    this.integers = integers;
  }

  private <T> T get(long handle, Class<T> type) {
    try {
      return fake.handles().get(handle, type);
    } catch (Status invalid) {
      throw new Status(CUBLAS_STATUS_INVALID_VALUE);
    }
  }

  private int remove(long handle, Class<?> type) {
    Object _ = get(handle, type);
    Object _ = fake.handles().remove(handle, type);
    return CUBLAS_STATUS_SUCCESS;
  }

  private FakeContext context() {
    try {
      return driver.context();
    } catch (Status lost) {
      throw new Status(
          lost.value() >= 700 ? CUBLAS_STATUS_EXECUTION_FAILED : CUBLAS_STATUS_NOT_INITIALIZED);
    }
  }

  @Symbol("cublasLtGetStatusString")
  MemorySegment statusString(int status) {
    return texts.computeIfAbsent(
        status, s -> Arena.ofAuto().allocateFrom("fake cuBLASLt status " + s));
  }

  @Symbol("cublasLtGetVersion")
  long version() {
    return version;
  }

  @Symbol("cublasLtCreate")
  int create(MemorySegment out) {
    Out.put(out, fake.handles().add(new Handle(context())));
    return CUBLAS_STATUS_SUCCESS;
  }

  @Symbol("cublasLtDestroy")
  int destroy(long handle) {
    return remove(handle, Handle.class);
  }

  @Symbol("cublasLtMatmulDescCreate")
  int createDescription(MemorySegment out, int computeType, int scaleType) {
    boolean whole = computeType == CUBLAS_COMPUTE_32I && scaleType == CUDA_R_32I;
    if (!whole && (computeType != CUBLAS_COMPUTE_32F || scaleType != CUDA_R_32F)) {
      return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    Out.put(out, fake.handles().add(new Description(whole)));
    return CUBLAS_STATUS_SUCCESS;
  }

  @Symbol("cublasLtMatmulDescSetAttribute")
  int setDescription(long description, int attribute, MemorySegment value, long bytes) {
    Description target = get(description, Description.class);
    long expected =
        switch (attribute) {
          case CUBLASLT_MATMUL_DESC_TRANSA,
              CUBLASLT_MATMUL_DESC_TRANSB,
              CUBLASLT_MATMUL_DESC_EPILOGUE,
              CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE ->
              4;
          case CUBLASLT_MATMUL_DESC_A_SCALE_MODE, CUBLASLT_MATMUL_DESC_B_SCALE_MODE -> {
            if (version < FIRST_WITH_SCALE_MODES) {
              throw new Status(CUBLAS_STATUS_INVALID_VALUE);
            }
            yield 4;
          }
          case CUBLASLT_MATMUL_DESC_BIAS_POINTER,
              CUBLASLT_MATMUL_DESC_A_SCALE_POINTER,
              CUBLASLT_MATMUL_DESC_B_SCALE_POINTER ->
              8;
          default -> throw new FakeFault("the fake knows no description's attribute " + attribute);
        };
    return set(target.attributes, attribute, value, bytes, expected);
  }

  private static int set(
      Map<Integer, Long> attributes,
      int attribute,
      MemorySegment value,
      long bytes,
      long expected) {
    if (bytes != expected) {
      return CUBLAS_STATUS_INVALID_VALUE;
    }
    MemorySegment from = value.reinterpret(bytes);
    attributes.put(attribute, bytes == 8 ? from.get(JAVA_LONG, 0) : (long) from.get(JAVA_INT, 0));
    return CUBLAS_STATUS_SUCCESS;
  }

  @Symbol("cublasLtMatmulDescDestroy")
  int destroyDescription(long description) {
    return remove(description, Description.class);
  }

  @Symbol("cublasLtMatrixLayoutCreate")
  int createLayout(MemorySegment out, int type, long rows, long columns, long stride) {
    if (rows <= 0 || columns <= 0 || stride < rows) {
      return CUBLAS_STATUS_INVALID_VALUE;
    }
    if (!TYPES.contains(type)) {
      return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    Out.put(out, fake.handles().add(new Layout(type, rows, columns, stride)));
    return CUBLAS_STATUS_SUCCESS;
  }

  @Symbol("cublasLtMatrixLayoutDestroy")
  int destroyLayout(long layout) {
    return remove(layout, Layout.class);
  }

  @Symbol("cublasLtMatmulPreferenceCreate")
  int createPreference(MemorySegment out) {
    Out.put(out, fake.handles().add(new Preference()));
    return CUBLAS_STATUS_SUCCESS;
  }

  @Symbol("cublasLtMatmulPreferenceSetAttribute")
  int setPreference(long preference, int attribute, MemorySegment value, long bytes) {
    Preference target = get(preference, Preference.class);
    long expected = attribute == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES ? 8 : 4;
    return set(target.attributes, attribute, value, bytes, expected);
  }

  @Symbol("cublasLtMatmulPreferenceDestroy")
  int destroyPreference(long preference) {
    return remove(preference, Preference.class);
  }

  private FakeProduct product(long description, long a, long b, long c, long d) {
    Description how = get(description, Description.class);
    return new FakeProduct(
        how,
        context().device().capability(),
        get(a, Layout.class),
        get(b, Layout.class),
        get(c, Layout.class),
        get(d, Layout.class));
  }

  @Symbol("cublasLtMatmulAlgoGetHeuristic")
  int heuristic(
      long handle,
      long description,
      long a,
      long b,
      long c,
      long d,
      long preference,
      int most,
      MemorySegment results,
      MemorySegment found) {
    Handle _ = get(handle, Handle.class);
    Map<Integer, Long> wishes = get(preference, Preference.class).attributes;
    for (int attribute : MIN_ALIGNMENTS) {
      if (wishes.getOrDefault(attribute, 256L) > ALIGNMENT) {
        throw new FakeFault(
            "a search for algorithms that may take alignment to more than %d bytes for granted"
                .formatted(ALIGNMENT));
      }
    }
    FakeProduct product = product(description, a, b, c, d);
    if (!product.isSupported() || (product.isOfIntegers() && !integers)) {
      return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    long room = wishes.getOrDefault(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, 0L);
    boolean split = wishes.getOrDefault(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, 7L) != 0;
    List<FakeAlgorithm> algorithms =
        FakeAlgorithm.proposals(product, split, bf16Algorithms).stream()
            .filter(algorithm -> algorithm.workspaceBytes(product) <= room)
            .limit(most)
            .toList();
    MemorySegment all = results.reinterpret(most * resultBytes());
    for (int i = 0; i < algorithms.size(); i++) {
      algorithms.get(i).write(all.asSlice(i * resultBytes(), resultBytes()), product);
    }
    Out.putInt(found, algorithms.size());
    return algorithms.isEmpty() ? CUBLAS_STATUS_NOT_SUPPORTED : CUBLAS_STATUS_SUCCESS;
  }

  private static final int[] MIN_ALIGNMENTS = {
    CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES,
    CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
    CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES,
    CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES
  };

  private static long resultBytes() {
    return HeaderTable.get().structs().get("cublasLtMatmulHeuristicResult_t").bytes();
  }

  @Symbol("cublasLtMatmulAlgoCheck")
  int checkAlgorithm(
      long handle,
      long description,
      long a,
      long b,
      long c,
      long d,
      MemorySegment algorithm,
      MemorySegment result) {
    Handle _ = get(handle, Handle.class);
    FakeProduct product = product(description, a, b, c, d);
    FakeAlgorithm checked = FakeAlgorithm.read(algorithm);
    if (!product.isSupported() || !checked.computes(product)) {
      return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    checked.write(result.reinterpret(resultBytes()), product);
    return CUBLAS_STATUS_SUCCESS;
  }

  @Symbol("cublasLtMatmulAlgoConfigGetAttribute")
  int algorithmAttribute(
      MemorySegment algorithm,
      int attribute,
      MemorySegment value,
      long bytes,
      MemorySegment written) {
    FakeAlgorithm asked = FakeAlgorithm.read(algorithm);
    boolean isShort =
        attribute == CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID
            || attribute == CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID;
    if (bytes != (isShort ? 2 : 4)) {
      return CUBLAS_STATUS_INVALID_VALUE;
    }
    int number =
        switch (attribute) {
          case CUBLASLT_ALGO_CONFIG_ID -> asked.id();
          case CUBLASLT_ALGO_CONFIG_TILE_ID -> asked.tile();
          case CUBLASLT_ALGO_CONFIG_SPLITK_NUM -> asked.id() == FakeAlgorithm.SPLIT_ID ? 2 : 1;
          default -> 0;
        };
    if (isShort) {
      value.reinterpret(2).set(java.lang.foreign.ValueLayout.JAVA_SHORT, 0, (short) number);
    } else {
      Out.putInt(value, number);
    }
    Out.put(written, bytes);
    return CUBLAS_STATUS_SUCCESS;
  }

  private static float factor(MemorySegment value, boolean whole) {
    MemorySegment four = value.reinterpret(4);
    return whole ? four.get(JAVA_INT, 0) : four.get(JAVA_FLOAT, 0);
  }

  @Symbol("cublasLtMatmul")
  int multiply(
      long handle,
      long description,
      MemorySegment alpha,
      MemorySegment a,
      long aLayout,
      MemorySegment b,
      long bLayout,
      MemorySegment beta,
      MemorySegment c,
      long cLayout,
      MemorySegment d,
      long dLayout,
      MemorySegment algorithm,
      MemorySegment workspace,
      long workspaceBytes,
      long stream) {
    if (get(handle, Handle.class).context() != context()) {
      throw new FakeFault("a handle of cuBLASLt is used in another context");
    }
    FakeProduct product = product(description, aLayout, bLayout, cLayout, dLayout);
    FakeAlgorithm chosen = FakeAlgorithm.read(algorithm);
    if (!product.isSupported() || !chosen.computes(product)) {
      return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    long needed = chosen.workspaceBytes(product);
    if (needed > workspaceBytes) {
      return CUBLAS_STATUS_INVALID_VALUE;
    }
    FakeMemory memory = fake.memory();
    boolean whole = get(description, Description.class).whole;
    float by = factor(alpha, whole);
    float keep = factor(beta, whole);
    long bias = product.bias();
    driver.stream(stream)
        .enqueue(
            "product " + product,
            () -> {
              if (needed > 0) {
                FakeMemory.requireAligned("workspace", workspace.address(), ALIGNMENT);
                MemorySegment _ = memory.segment(workspace.address(), needed);
              }
              product.run(
                  memory,
                  chosen,
                  by,
                  a.address(),
                  b.address(),
                  keep,
                  c.address(),
                  d.address(),
                  bias,
                  scales);
            });
    return CUBLAS_STATUS_SUCCESS;
  }
}
