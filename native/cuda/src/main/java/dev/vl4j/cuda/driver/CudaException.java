package dev.vl4j.cuda.driver;

import dev.vl4j.device.library.LibraryCallException;

/** A call into the driver, cuBLASLt or NVRTC that failed. The message names call and reason. */
public final class CudaException extends LibraryCallException {
  private static final long serialVersionUID = 1L;

  /**
   * @param status what the call returned; 0 if the call could not be made
   */
  public CudaException(String message, int status) {
    super(message, status);
  }
}
