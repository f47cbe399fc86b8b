package dev.vl4j.cuda.driver;

/** Numbers of nvrtc.h, by the names that they have there. */
public final class NvrtcConstants {
  public static final int NVRTC_SUCCESS = 0;
  public static final int NVRTC_ERROR_OUT_OF_MEMORY = 1;
  public static final int NVRTC_ERROR_INVALID_INPUT = 3;
  public static final int NVRTC_ERROR_INVALID_PROGRAM = 4;
  public static final int NVRTC_ERROR_INVALID_OPTION = 5;
  public static final int NVRTC_ERROR_COMPILATION = 6;
  public static final int NVRTC_ERROR_BUILTIN_OPERATION_FAILURE = 7;

  private NvrtcConstants() {}
}
