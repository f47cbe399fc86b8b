package dev.vl4j.device.library;

import dev.vl4j.kernels.BackendException;

/** A call into a vendor's library that failed. The message names call and reason. */
public class LibraryCallException extends BackendException {
  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * @param message names call and reason
   * @param status what the call returned; 0 if the call could not be made
   */
  public LibraryCallException(String message, int status) {
    super(message);
    this.status = status;
  }

  /** What the call returned; 0 if it could not be made. */
  public final int status() {
    return status;
  }
}
