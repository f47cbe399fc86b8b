package dev.vl4j.cuda.backend;

import static dev.vl4j.cuda.driver.CublasLtConstants.*;

import dev.vl4j.cuda.device.Gpu;
import dev.vl4j.cuda.driver.CublasLt;
import dev.vl4j.cuda.driver.CublasLt.Algorithm;
import dev.vl4j.cuda.driver.CudaException;
import dev.vl4j.cuda.kernel.CodedMatrix;
import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.device.memory.DevicePool;
import dev.vl4j.kernels.DType;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Products {@code y = x w' + addend} of row-major matrices: x [rows, inFeatures], w [outFeatures,
 * inFeatures]. cuBLASLt, which thinks in columns, is asked for {@code y' = w x'}: each matrix is
 * its own transpose there, and nothing is copied.
 *
 * <p>A row of y should not depend on how many rows there are, so sums may not be split, and
 * algorithms are filtered: those of {@link #INVARIANT} give the same bits, whatever their tiles and
 * the number of rows, so the best for each number of rows is taken. Where there are none, a weight
 * has one algorithm for all numbers of rows. That is what was observed, not what is documented;
 * {@link RowCheck} looks whether it is so.
 */
final class Products implements AutoCloseable {
  /** Numbers of features are multiples of this, and strides, too. */
  static final int GROUP = 8;

  /** The id of the algorithms that give a row the same bits for any number of rows. */
  private static final int INVARIANT = 66;

  private static final int PROPOSALS = 16;
  private static final int FEWEST_ROWS = 16;
  private static final int MOST_ROWS = 16384;

  /** Rows for which an algorithm that serves all numbers of rows is chosen. */
  private static final int TYPICAL_ROWS = 512;

  private static final int MOST_LAYOUTS = 512;
  private static final long MOST_WORKSPACE = 32L << 20;
  private static final long LEAST_WORKSPACE = 1L << 20;

  /** What happens to a product before it is written. */
  enum Finish {
    NONE(CUBLASLT_EPILOGUE_DEFAULT),
    BIAS(CUBLASLT_EPILOGUE_BIAS),
    /** Also the GELU in the form of tanh, in cuBLASLt's approximation. */
    BIAS_GELU_TANH(CUBLASLT_EPILOGUE_GELU_BIAS);

    private final int number;

    Finish(int number) {
      this.number = number;
    }
  }

  /** Formats of elements. */
  private enum Type {
    F32(CUDA_R_32F),
    BF16(CUDA_R_16BF),
    E4M3(CUDA_R_8F_E4M3),
    INT8(CUDA_R_8I),
    INT32(CUDA_R_32I);

    private final int number;

    Type(int number) {
      this.number = number;
    }

    static Type of(DType element) {
      return switch (element) {
        case F32 -> F32;
        case BF16 -> BF16;
        case F16, I8 -> throw new IllegalArgumentException("products of " + element);
      };
    }
  }

  /**
   * The types of x and w, and of y; a bias has that of y.
   *
   * @param scaled whether cuBLASLt multiplies by a scale of each row of x and of each row of w
   */
  private record Kind(Type operand, Type result, Finish finish, boolean scaled) {}

  /** A matrix as cuBLASLt sees it: our rows are columns there, and as high as ours are long. */
  private record Layout(Type element, int height, int width, int stride) {}

  /** Where an operand lies. */
  private record Place(long address, int rows, int columns, int stride) {
    static Place of(Matrix matrix) {
      return new Place(matrix.address(), matrix.rows(), matrix.columns(), matrix.stride());
    }

    /** With the zeros behind the last column, which products of 8 bits want. */
    static Place of(CodedMatrix matrix) {
      return new Place(matrix.codes(), matrix.rows(), matrix.stride(), matrix.stride());
    }

    Layout layout(Type element) {
      return new Layout(element, columns, rows, stride);
    }
  }

  /** For which products one algorithm is used. */
  private record Choice(
      Kind kind, int rows, int outFeatures, int inFeatures, int xStride, int yStride) {}

  /** A product's name in messages. */
  private record Name(Kind kind, Place x, Place weight) {
    @Override
    public String toString() {
      return "%s [%d, %d] x %s [%d, %d]' -> %s, %s"
          .formatted(
              kind.operand,
              x.rows(),
              x.columns(),
              kind.operand,
              weight.rows(),
              weight.columns(),
              kind.result,
              kind.finish);
    }
  }

  private final CublasLt library;
  private final long stream;
  private final long handle;
  private final DeviceBlock workspace;
  private final Map<Kind, Long> descriptions = new HashMap<>();
  private final Map<Choice, Algorithm> algorithms = new HashMap<>();
  private final LinkedHashMap<Layout, Long> layouts = new LinkedHashMap<>(64, 0.75f, true);

  /** Addresses of the scales of the product at hand. */
  private long weightScales;

  private long rowScales;
  private boolean closed;

  /**
   * @param budget bytes that the backend may take; 0 for as many as there are
   */
  Products(CublasLt library, Gpu gpu, DevicePool pool, long budget) {
    this.library = library;
    stream = gpu.stream();
    long share = budget == 0 ? MOST_WORKSPACE : budget / 16;
    workspace = pool.allocate(Math.clamp(share, LEAST_WORKSPACE, MOST_WORKSPACE));
    try {
      handle = library.create();
    } catch (RuntimeException e) {
      workspace.close();
      throw e;
    }
  }

  /** The next multiple of {@link #GROUP}. */
  static int padded(int features) {
    return Math.multiplyExact(Math.ceilDiv(features, GROUP), GROUP);
  }

  /** Whether a product can read or write a matrix where it lies. */
  static boolean takes(Matrix matrix) {
    return matrix.columns() % GROUP == 0
        && matrix.address() % CublasLt.ALIGNMENT == 0
        && (long) matrix.stride() * matrix.element().bytes() % CublasLt.ALIGNMENT == 0;
  }

  /**
   * Enqueues a product of matrices that it {@link #takes}.
   *
   * @param x float32 or bfloat16, of at least one row
   * @param weight of x's format
   * @param addend float32, of y's shape, or null
   * @param bias address of y.columns elements of y's format, for a finish that has one
   * @param y float32 or bfloat16
   */
  void multiply(
      Matrix x, Matrix weight, @Nullable Matrix addend, Finish finish, long bias, Matrix y) {
    Kind kind = new Kind(Type.of(x.element()), Type.of(y.element()), finish, false);
    long description = description(kind);
    if (finish != Finish.NONE) {
      library.setDescription(description, CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
    }
    multiply(kind, description, Place.of(x), Place.of(weight), addend, y);
  }

  /**
   * Enqueues a product in E4M3. Sums are float32: fast accumulation, which would keep fewer bits of
   * them, is off unless it is asked for.
   *
   * @param scaled whether cuBLASLt multiplies by the scales of x and of the weight; else nobody has
   * @param addend float32, of y's shape, or null
   * @param y float32 or bfloat16, of as many columns as the weight has rows
   */
  void multiplyE4m3(
      CodedMatrix x, CodedMatrix weight, boolean scaled, @Nullable Matrix addend, Matrix y) {
    Kind kind = new Kind(Type.E4M3, Type.of(y.element()), Finish.NONE, scaled);
    weightScales = weight.scales();
    rowScales = x.scales();
    multiply(kind, description(kind), Place.of(x), Place.of(weight), addend, y);
  }

  /**
   * Enqueues a product of integers, which is exact.
   *
   * @param sums address of [x.rows, weight.rows] int32
   */
  void multiplyInt8(CodedMatrix x, CodedMatrix weight, long sums) {
    Kind kind = new Kind(Type.INT8, Type.INT32, Finish.NONE, false);
    Place y = new Place(sums, x.rows(), weight.rows(), weight.rows());
    multiply(kind, description(kind), Place.of(x), Place.of(weight), null, y);
  }

  private void multiply(
      Kind kind, long description, Place x, Place weight, @Nullable Matrix addend, Matrix y) {
    multiply(kind, description, x, weight, addend == null ? null : Place.of(addend), Place.of(y));
  }

  private void multiply(
      Kind kind, long description, Place x, Place weight, @Nullable Place addend, Place y) {
    Algorithm algorithm = algorithm(kind, x, weight, y);
    boolean whole = kind.result == Type.INT32;
    MemorySegment one = whole ? CublasLt.WHOLE_ONE : CublasLt.ONE;
    MemorySegment zero = whole ? CublasLt.WHOLE_ZERO : CublasLt.ZERO;
    long yLayout = layout(y.layout(kind.result));
    // What is added is float32, and so is a result to which something is added.
    long addendLayout = addend == null ? yLayout : layout(addend.layout(Type.F32));
    library.multiply(
        new Name(kind, x, weight),
        handle,
        description,
        one,
        weight.address(),
        layout(weight.layout(kind.operand)),
        x.address(),
        layout(x.layout(kind.operand)),
        addend == null ? zero : one,
        addend == null ? y.address() : addend.address(),
        addendLayout,
        y.address(),
        yLayout,
        algorithm,
        workspace.address(),
        workspace.bytes(),
        stream);
  }

  /** With the scales of the product at hand. */
  private long description(Kind kind) {
    Long known = descriptions.get(kind);
    long description = known == null ? describe(kind) : known;
    if (kind.scaled) {
      library.setDescription(description, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, weightScales);
      library.setDescription(description, CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, rowScales);
    }
    return description;
  }

  private long describe(Kind kind) {
    boolean whole = kind.result == Type.INT32;
    long made =
        library.createDescription(
            whole ? CUBLAS_COMPUTE_32I : CUBLAS_COMPUTE_32F, whole ? CUDA_R_32I : CUDA_R_32F);
    try {
      library.setDescription(made, CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T);
      library.setDescription(made, CUBLASLT_MATMUL_DESC_EPILOGUE, kind.finish.number);
      if (kind.finish != Finish.NONE) {
        library.setDescription(made, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, kind.result.number);
      }
      if (kind.scaled) {
        int each = CUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F;
        library.setDescription(made, CUBLASLT_MATMUL_DESC_A_SCALE_MODE, each);
        library.setDescription(made, CUBLASLT_MATMUL_DESC_B_SCALE_MODE, each);
      }
    } catch (RuntimeException e) {
      library.destroyDescription(made);
      throw e;
    }
    descriptions.put(kind, made);
    return made;
  }

  private long layout(Layout layout) {
    Long known = layouts.get(layout);
    if (known != null) {
      return known;
    }
    long made =
        library.createLayout(layout.element.number, layout.height, layout.width, layout.stride);
    layouts.put(layout, made);
    return made;
  }

  /** Forgets the layouts that were not needed for longest; none is in use between products. */
  void trim() {
    while (layouts.size() > MOST_LAYOUTS) {
      library.destroyLayout(layouts.pollFirstEntry().getValue());
    }
  }

  private Algorithm algorithm(Kind kind, Place x, Place weight, Place y) {
    int rows = Math.clamp(Integer.highestOneBit(2 * x.rows() - 1), FEWEST_ROWS, MOST_ROWS);
    Choice choice = choice(kind, rows, x, weight, y);
    Algorithm chosen = algorithms.get(choice);
    if (chosen == null) {
      chosen = choose(choice);
      algorithms.put(choice, chosen);
    }
    return chosen;
  }

  private static Choice choice(Kind kind, int rows, Place x, Place weight, Place y) {
    return new Choice(kind, rows, weight.rows(), weight.columns(), x.stride(), y.stride());
  }

  private Algorithm choose(Choice choice) {
    if (choice.kind.operand == Type.INT8) {
      return any(choice);
    }
    if (choice.kind.operand == Type.F32) {
      return fixed(choice);
    }
    Algorithm invariant = invariant(choice);
    if (invariant == null) {
      // For few rows and deep sums, others may be proposed alone.
      invariant = invariant(withRows(choice, MOST_ROWS));
    }
    return invariant == null ? fixed(choice) : invariant;
  }

  private @Nullable Algorithm invariant(Choice choice) {
    for (Algorithm proposed : proposals(choice)) {
      if (library.attribute(proposed, CUBLASLT_ALGO_CONFIG_ID) == INVARIANT) {
        return proposed;
      }
    }
    return null;
  }

  /** Sums of integers are exact, whoever adds them up. */
  private Algorithm any(Choice choice) {
    List<Algorithm> proposals = proposals(choice);
    if (proposals.isEmpty()) {
      throw missing(choice);
    }
    return proposals.getFirst();
  }

  /** The one algorithm for a weight, however its operands lie and whatever becomes of the sums. */
  private Algorithm fixed(Choice choice) {
    Choice plain =
        new Choice(
            new Kind(choice.kind.operand, Type.F32, Finish.NONE, choice.kind.scaled),
            TYPICAL_ROWS,
            choice.outFeatures,
            choice.inFeatures,
            choice.inFeatures,
            choice.outFeatures);
    Algorithm known = algorithms.get(plain);
    if (known != null && computes(known, choice)) {
      return known;
    }
    for (Algorithm proposed : proposals(plain)) {
      if (computes(proposed, withRows(choice, 1)) && computes(proposed, choice)) {
        algorithms.putIfAbsent(plain, proposed);
        return proposed;
      }
    }
    throw missing(choice);
  }

  private static CudaException missing(Choice choice) {
    return new CudaException(
        "cuBLASLt has no algorithm for %s [%d rows, %d] x [%d, %d]' -> %s, %s, without split sums"
            .formatted(
                choice.kind.operand,
                choice.rows,
                choice.inFeatures,
                choice.outFeatures,
                choice.inFeatures,
                choice.kind.result,
                choice.kind.finish),
        CUBLAS_STATUS_NOT_SUPPORTED);
  }

  private static Choice withRows(Choice choice, int rows) {
    return new Choice(
        choice.kind, rows, choice.outFeatures, choice.inFeatures, choice.xStride, choice.yStride);
  }

  private List<Algorithm> proposals(Choice choice) {
    long y = yLayout(choice);
    return library.algorithms(
        handle,
        description(choice.kind),
        weightLayout(choice),
        xLayout(choice),
        y,
        y,
        workspace.bytes(),
        /* reductionSchemes= */ 0,
        PROPOSALS);
  }

  private boolean computes(Algorithm algorithm, Choice choice) {
    long y = yLayout(choice);
    long needed =
        library.workspaceBytes(
            handle,
            description(choice.kind),
            weightLayout(choice),
            xLayout(choice),
            y,
            y,
            algorithm);
    return needed >= 0 && needed <= workspace.bytes();
  }

  private long weightLayout(Choice choice) {
    return layout(
        new Layout(choice.kind.operand, choice.inFeatures, choice.outFeatures, choice.inFeatures));
  }

  private long xLayout(Choice choice) {
    return layout(new Layout(choice.kind.operand, choice.inFeatures, choice.rows, choice.xStride));
  }

  private long yLayout(Choice choice) {
    return layout(new Layout(choice.kind.result, choice.outFeatures, choice.rows, choice.yStride));
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    layouts.values().forEach(library::destroyLayout);
    layouts.clear();
    descriptions.values().forEach(library::destroyDescription);
    descriptions.clear();
    library.destroy(handle);
    workspace.close();
  }
}
