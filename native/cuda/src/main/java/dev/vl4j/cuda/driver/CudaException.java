package dev.vl4j.cuda.driver;

import dev.vl4j.kernels.BackendException;

/** A call into the driver, cuBLASLt or NVRTC that failed. The message names call and reason. */
public final class CudaException extends BackendException {
  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * @param status what the call returned; 0 if the call could not be made
   */
  public CudaException(String message, int status) {
    super(message);
    this.status = status;
  }

  public int status() {
    return status;
  }
}
