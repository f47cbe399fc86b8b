package dev.vl4j.cuda.backend;

import static dev.vl4j.cuda.driver.CublasLtConstants.*;

import dev.vl4j.kernels.DType;

/**
 * What a product is, whatever its shape: the formats of its matrices, what happens to sums before
 * they are written, and who multiplies by scales.
 *
 * @param operand of x and w
 * @param result of y, and of a bias
 * @param scaled whether cuBLASLt multiplies by a scale of each row of x and of each row of w
 */
record ProductKind(ElementType operand, ElementType result, Finish finish, boolean scaled) {
  /** Formats of elements. */
  enum ElementType {
    F32(CUDA_R_32F),
    BF16(CUDA_R_16BF),
    E4M3(CUDA_R_8F_E4M3),
    INT8(CUDA_R_8I),
    INT32(CUDA_R_32I);

    private final int number;

    ElementType(int number) {
      this.number = number;
    }

    static ElementType of(DType element) {
      return switch (element) {
        case F32 -> F32;
        case BF16 -> BF16;
        case F16, I8 -> throw new IllegalArgumentException("products of " + element);
      };
    }

    /** {@code CUDA_R_...}. */
    int number() {
      return number;
    }
  }

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

    /** {@code CUBLASLT_EPILOGUE_...}. */
    int number() {
      return number;
    }
  }

  /** Whether sums and factors are int32, and not float32. */
  boolean isWhole() {
    return result == ElementType.INT32;
  }
}
