package dev.vl4j.ascend.driver;

import dev.vl4j.kernels.BackendException;

/** A call of CANN that failed. The message names call and reason. */
public final class AscendException extends BackendException {
  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * @param status what the call returned; 0 if the call could not be made
   */
  public AscendException(String message, int status) {
    super(message);
    this.status = status;
  }

  /** What the call returned; 0 if it could not be made. */
  public int status() {
    return status;
  }
}
