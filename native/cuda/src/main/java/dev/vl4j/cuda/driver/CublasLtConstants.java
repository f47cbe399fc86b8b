package dev.vl4j.cuda.driver;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;

/** Numbers and structures of cublasLt.h and what it includes, by the names that they have there. */
public final class CublasLtConstants {
  public static final int CUBLAS_STATUS_SUCCESS = 0;
  public static final int CUBLAS_STATUS_NOT_INITIALIZED = 1;
  public static final int CUBLAS_STATUS_ALLOC_FAILED = 3;
  public static final int CUBLAS_STATUS_INVALID_VALUE = 7;
  public static final int CUBLAS_STATUS_ARCH_MISMATCH = 8;
  public static final int CUBLAS_STATUS_MAPPING_ERROR = 11;
  public static final int CUBLAS_STATUS_EXECUTION_FAILED = 13;
  public static final int CUBLAS_STATUS_INTERNAL_ERROR = 14;
  public static final int CUBLAS_STATUS_NOT_SUPPORTED = 15;

  public static final int CUBLAS_COMPUTE_32F = 68;
  public static final int CUBLAS_COMPUTE_32I = 72;
  public static final int CUDA_R_32F = 0;
  public static final int CUDA_R_8I = 3;
  public static final int CUDA_R_32I = 10;
  public static final int CUDA_R_16BF = 14;
  public static final int CUDA_R_8F_E4M3 = 28;
  public static final int CUBLAS_OP_N = 0;
  public static final int CUBLAS_OP_T = 1;

  public static final int CUBLASLT_MATMUL_DESC_TRANSA = 3;
  public static final int CUBLASLT_MATMUL_DESC_TRANSB = 4;
  public static final int CUBLASLT_MATMUL_DESC_EPILOGUE = 7;
  public static final int CUBLASLT_MATMUL_DESC_BIAS_POINTER = 8;
  public static final int CUBLASLT_MATMUL_DESC_A_SCALE_POINTER = 17;
  public static final int CUBLASLT_MATMUL_DESC_B_SCALE_POINTER = 18;
  public static final int CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE = 26;
  public static final int CUBLASLT_MATMUL_DESC_A_SCALE_MODE = 31;
  public static final int CUBLASLT_MATMUL_DESC_B_SCALE_MODE = 32;

  /** A factor for each row of a transposed a, and for each column of b. CUDA 12.9 or later. */
  public static final int CUBLASLT_MATMUL_MATRIX_SCALE_OUTER_VEC_32F = 3;

  public static final int CUBLASLT_EPILOGUE_DEFAULT = 1;
  public static final int CUBLASLT_EPILOGUE_BIAS = 4;
  public static final int CUBLASLT_EPILOGUE_GELU = 32;
  public static final int CUBLASLT_EPILOGUE_GELU_BIAS = 36;

  public static final int CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES = 1;
  public static final int CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK = 3;
  public static final int CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES = 5;
  public static final int CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES = 6;
  public static final int CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES = 7;
  public static final int CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES = 8;

  public static final int CUBLASLT_ALGO_CONFIG_ID = 0;
  public static final int CUBLASLT_ALGO_CONFIG_TILE_ID = 1;
  public static final int CUBLASLT_ALGO_CONFIG_SPLITK_NUM = 2;
  public static final int CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME = 3;
  public static final int CUBLASLT_ALGO_CONFIG_CTA_SWIZZLING = 4;
  public static final int CUBLASLT_ALGO_CONFIG_CUSTOM_OPTION = 5;
  public static final int CUBLASLT_ALGO_CONFIG_STAGES_ID = 6;
  public static final int CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID = 7;
  public static final int CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID = 8;

  /** One way to compute a product, opaque, and what it needs. */
  public static final StructLayout HEURISTIC_RESULT =
      MemoryLayout.structLayout(
              MemoryLayout.sequenceLayout(8, JAVA_LONG).withName("algo"),
              JAVA_LONG.withName("workspaceSize"),
              JAVA_INT.withName("state"),
              JAVA_FLOAT.withName("wavesCount"),
              MemoryLayout.sequenceLayout(4, JAVA_INT).withName("reserved"))
          .withName("cublasLtMatmulHeuristicResult_t");

  /** sizeof(cublasLtMatmulAlgo_t). */
  public static final int ALGORITHM_BYTES = 64;

  private CublasLtConstants() {}
}
