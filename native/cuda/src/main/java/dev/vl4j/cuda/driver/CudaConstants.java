package dev.vl4j.cuda.driver;

/** Numbers and structures of cuda.h, by the names that they have there. */
public final class CudaConstants {
  public static final int CUDA_SUCCESS = 0;
  public static final int CUDA_ERROR_INVALID_VALUE = 1;
  public static final int CUDA_ERROR_OUT_OF_MEMORY = 2;
  public static final int CUDA_ERROR_NOT_INITIALIZED = 3;
  public static final int CUDA_ERROR_DEINITIALIZED = 4;
  public static final int CUDA_ERROR_STUB_LIBRARY = 34;
  public static final int CUDA_ERROR_NO_DEVICE = 100;
  public static final int CUDA_ERROR_INVALID_DEVICE = 101;
  public static final int CUDA_ERROR_INVALID_IMAGE = 200;
  public static final int CUDA_ERROR_INVALID_CONTEXT = 201;
  public static final int CUDA_ERROR_NO_BINARY_FOR_GPU = 209;
  public static final int CUDA_ERROR_ECC_UNCORRECTABLE = 214;
  public static final int CUDA_ERROR_NVLINK_UNCORRECTABLE = 220;
  public static final int CUDA_ERROR_CONTAINED = 226;
  public static final int CUDA_ERROR_INVALID_HANDLE = 400;
  public static final int CUDA_ERROR_NOT_FOUND = 500;
  public static final int CUDA_ERROR_NOT_READY = 600;
  public static final int CUDA_ERROR_ILLEGAL_ADDRESS = 700;
  public static final int CUDA_ERROR_LAUNCH_TIMEOUT = 702;
  public static final int CUDA_ERROR_CONTEXT_IS_DESTROYED = 709;
  public static final int CUDA_ERROR_ASSERT = 710;
  public static final int CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED = 712;
  public static final int CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED = 713;
  public static final int CUDA_ERROR_HARDWARE_STACK_ERROR = 714;
  public static final int CUDA_ERROR_ILLEGAL_INSTRUCTION = 715;
  public static final int CUDA_ERROR_MISALIGNED_ADDRESS = 716;
  public static final int CUDA_ERROR_INVALID_ADDRESS_SPACE = 717;
  public static final int CUDA_ERROR_INVALID_PC = 718;
  public static final int CUDA_ERROR_LAUNCH_FAILED = 719;
  public static final int CUDA_ERROR_TENSOR_MEMORY_LEAK = 721;
  public static final int CUDA_ERROR_SYSTEM_NOT_READY = 802;
  public static final int CUDA_ERROR_SYSTEM_DRIVER_MISMATCH = 803;
  public static final int CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE = 804;
  public static final int CUDA_ERROR_EXTERNAL_DEVICE = 911;
  public static final int CUDA_ERROR_UNKNOWN = 999;

  public static final int CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16;
  public static final int CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE = 38;
  public static final int CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75;
  public static final int CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76;
  public static final int CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97;
  public static final int CU_DEVICE_ATTRIBUTE_READ_ONLY_HOST_REGISTER_SUPPORTED = 113;

  public static final int CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8;

  public static final int CU_STREAM_NON_BLOCKING = 1;
  public static final int CU_STREAM_CAPTURE_MODE_THREAD_LOCAL = 1;
  public static final int CU_EVENT_DISABLE_TIMING = 2;
  public static final int CU_MEMHOSTREGISTER_READ_ONLY = 8;

  private CudaConstants() {}
}
