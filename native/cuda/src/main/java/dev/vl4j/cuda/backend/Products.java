package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.backend.ProductDescriptors.Layout;
import dev.vl4j.cuda.backend.ProductKind.ElementType;
import dev.vl4j.cuda.backend.ProductKind.Finish;
import dev.vl4j.cuda.driver.CublasLt;
import dev.vl4j.cuda.driver.CublasLt.Algorithm;
import dev.vl4j.cuda.driver.Launch;
import dev.vl4j.cuda.driver.LaunchQueue;
import dev.vl4j.cuda.kernel.CodedMatrix;
import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.device.memory.DevicePool;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Products {@code y = x w' + addend} of row-major matrices: x [rows, inFeatures], w [outFeatures,
 * inFeatures]. cuBLASLt, which thinks in columns, is asked for {@code y' = w x'}: each matrix is
 * its own transpose there, and nothing is copied. {@link ProductAlgorithms} says how it computes.
 */
final class Products implements AutoCloseable {
  /** Numbers of features are multiples of this, and strides, too. */
  static final int GROUP = 8;

  /**
   * Products of more rows keep a GPU busy for longer than the host needs for their launches: with
   * 512 rows, a layer of the 2B model takes an H100 some 90 us, and the host 60.
   */
  private static final int FEW_ROWS = 512;

  private static final long MOST_WORKSPACE = 32L << 20;
  private static final long LEAST_WORKSPACE = 1L << 20;

  /**
   * Where an operand lies.
   *
   * @param scales address of the scales of its rows, if it has them
   */
  private record Place(long address, int rows, int columns, int stride, long scales) {
    static Place of(Matrix matrix) {
      return new Place(matrix.address(), matrix.rows(), matrix.columns(), matrix.stride(), 0);
    }

    /** With the zeros behind the last column, which products of 8 bits want. */
    static Place of(CodedMatrix matrix) {
      return new Place(
          matrix.codes(), matrix.rows(), matrix.stride(), matrix.stride(), matrix.scales());
    }

    Layout layout(ElementType element) {
      return new Layout(element, columns, rows, stride);
    }
  }

  /**
   * A product on its way.
   *
   * @param bias address, for a finish that has one
   */
  private record Product(
      Products products,
      ProductKind kind,
      Algorithm algorithm,
      Place x,
      Place weight,
      @Nullable Place addend,
      long bias,
      Place y)
      implements Launch {
    @Override
    public void enqueue() {
      products.enqueue(this);
    }

    @Override
    public boolean isLong() {
      return x.rows() > FEW_ROWS;
    }

    /** Its name in messages. */
    @Override
    public String toString() {
      return "%s [%d, %d] x %s [%d, %d]' -> %s, %s"
          .formatted(
              kind.operand(),
              x.rows(),
              x.columns(),
              kind.operand(),
              weight.rows(),
              weight.columns(),
              kind.result(),
              kind.finish());
    }
  }

  private final CublasLt library;
  private final LaunchQueue queue;
  private final long handle;
  private final DeviceBlock workspace;
  private final ProductDescriptors descriptors;
  private final ProductAlgorithms algorithms;
  private boolean closed;

  /**
   * @param budget bytes that the backend may take; 0 for as many as there are
   */
  Products(CublasLt library, LaunchQueue queue, DevicePool pool, long budget) {
    this.library = library;
    this.queue = queue;
    long share = budget == 0 ? MOST_WORKSPACE : budget / 16;
    workspace = pool.allocate(Math.clamp(share, LEAST_WORKSPACE, MOST_WORKSPACE));
    try {
      handle = library.create();
    } catch (RuntimeException e) {
      workspace.close();
      throw e;
    }
    descriptors = new ProductDescriptors(library, workspace.address());
    algorithms = new ProductAlgorithms(library, handle, descriptors, workspace.bytes());
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
    ProductKind kind =
        new ProductKind(
            ElementType.of(x.element()), ElementType.of(y.element()), finish, /* scaled= */ false);
    add(kind, Place.of(x), Place.of(weight), placeOf(addend), bias, Place.of(y));
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
    ProductKind kind =
        new ProductKind(ElementType.E4M3, ElementType.of(y.element()), Finish.NONE, scaled);
    add(kind, Place.of(x), Place.of(weight), placeOf(addend), /* bias= */ 0, Place.of(y));
  }

  /**
   * Enqueues a product of integers, which is exact.
   *
   * @param sums address of [x.rows, weight.rows] int32
   */
  void multiplyInt8(CodedMatrix x, CodedMatrix weight, long sums) {
    ProductKind kind =
        new ProductKind(ElementType.INT8, ElementType.INT32, Finish.NONE, /* scaled= */ false);
    Place y = new Place(sums, x.rows(), weight.rows(), weight.rows(), /* scales= */ 0);
    add(kind, Place.of(x), Place.of(weight), /* addend= */ null, /* bias= */ 0, y);
  }

  private static @Nullable Place placeOf(@Nullable Matrix matrix) {
    return matrix == null ? null : Place.of(matrix);
  }

  private void add(
      ProductKind kind, Place x, Place weight, @Nullable Place addend, long bias, Place y) {
    Algorithm algorithm =
        algorithms.of(kind, x.rows(), weight.rows(), weight.columns(), x.stride(), y.stride());
    queue.add(new Product(this, kind, algorithm, x, weight, addend, bias, y));
  }

  private void enqueue(Product product) {
    ProductKind kind = product.kind;
    MemorySegment one = kind.isWhole() ? CublasLt.WHOLE_ONE : CublasLt.ONE;
    MemorySegment zero = kind.isWhole() ? CublasLt.WHOLE_ZERO : CublasLt.ZERO;
    Place addend = product.addend;
    long yLayout = descriptors.layout(product.y.layout(kind.result()));
    // What is added is float32, and so is a result to which something is added.
    long addendLayout =
        addend == null ? yLayout : descriptors.layout(addend.layout(ElementType.F32));
    library.multiply(
        product,
        handle,
        descriptors.description(kind, product.weight.scales(), product.x.scales(), product.bias),
        one,
        product.weight.address(),
        descriptors.layout(product.weight.layout(kind.operand())),
        product.x.address(),
        descriptors.layout(product.x.layout(kind.operand())),
        addend == null ? zero : one,
        addend == null ? product.y.address() : addend.address(),
        addendLayout,
        product.y.address(),
        yLayout,
        product.algorithm,
        workspace.address(),
        workspace.bytes(),
        queue.stream());
  }

  /** To be called between products, now and then: see {@link ProductDescriptors#trim}. */
  void trim() {
    descriptors.trim();
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    descriptors.close();
    library.destroy(handle);
    workspace.close();
  }
}
