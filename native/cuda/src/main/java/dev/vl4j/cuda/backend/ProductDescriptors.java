package dev.vl4j.cuda.backend;

import static dev.vl4j.cuda.driver.CublasLtConstants.*;

import dev.vl4j.cuda.backend.ProductKind.ElementType;
import dev.vl4j.cuda.backend.ProductKind.Finish;
import dev.vl4j.cuda.driver.CublasLt;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What cuBLASLt is told of products and of their matrices: a description of each kind, and a layout
 * of each shape. Each is made when it is first asked for, and kept.
 */
final class ProductDescriptors implements AutoCloseable {
  private static final int MOST_LAYOUTS = 512;

  /** A matrix as cuBLASLt sees it: our rows are columns there, and as high as ours are long. */
  record Layout(ElementType element, int height, int width, int stride) {}

  private final CublasLt library;
  private final Map<ProductKind, Long> descriptions = new HashMap<>();
  private final LinkedHashMap<Layout, Long> layouts = new LinkedHashMap<>(64, 0.75f, true);
  private final long anywhere;

  /**
   * @param anywhere an address on the device, which stands for scales until a product brings its
   *     own: cuBLASLt may want one when it chooses an algorithm, and reads nothing there
   */
  ProductDescriptors(CublasLt library, long anywhere) {
    this.library = library;
    this.anywhere = anywhere;
  }

  /** The description of a kind, with the addresses of the product before. */
  long description(ProductKind kind) {
    Long known = descriptions.get(kind);
    return known == null ? describe(kind) : known;
  }

  /**
   * The description of a kind, with the addresses of one product.
   *
   * @param weightScales for a kind that is scaled; as rowScales
   * @param bias for a finish that has one
   */
  long description(ProductKind kind, long weightScales, long rowScales, long bias) {
    long description = description(kind);
    if (kind.scaled()) {
      setScales(description, weightScales, rowScales);
    }
    if (kind.finish() != Finish.NONE) {
      library.setDescription(description, CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
    }
    return description;
  }

  private void setScales(long description, long weightScales, long rowScales) {
    library.setDescription(description, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, weightScales);
    library.setDescription(description, CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, rowScales);
  }

  private long describe(ProductKind kind) {
    long made =
        library.createDescription(
            kind.isWhole() ? CUBLAS_COMPUTE_32I : CUBLAS_COMPUTE_32F,
            kind.isWhole() ? CUDA_R_32I : CUDA_R_32F);
    try {
      library.setDescription(made, CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T);
      library.setDescription(made, CUBLASLT_MATMUL_DESC_EPILOGUE, kind.finish().number());
      if (kind.finish() != Finish.NONE) {
        library.setDescription(made, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, kind.result().number());
      }
      if (kind.scaled()) {
        int each = CUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F;
        library.setDescription(made, CUBLASLT_MATMUL_DESC_A_SCALE_MODE, each);
        library.setDescription(made, CUBLASLT_MATMUL_DESC_B_SCALE_MODE, each);
        setScales(made, anywhere, anywhere);
      }
    } catch (RuntimeException e) {
      library.destroyDescription(made);
      throw e;
    }
    descriptions.put(kind, made);
    return made;
  }

  long layout(Layout layout) {
    Long known = layouts.get(layout);
    if (known != null) {
      return known;
    }
    long made =
        library.createLayout(
            layout.element().number(), layout.height(), layout.width(), layout.stride());
    layouts.put(layout, made);
    return made;
  }

  /** Forgets the layouts that were not needed for longest; none is in use between products. */
  void trim() {
    while (layouts.size() > MOST_LAYOUTS) {
      library.destroyLayout(layouts.pollFirstEntry().getValue());
    }
  }

  @Override
  public void close() {
    layouts.values().forEach(library::destroyLayout);
    layouts.clear();
    descriptions.values().forEach(library::destroyDescription);
    descriptions.clear();
  }
}
