package dev.vl4j.ascend.driver;

import dev.vl4j.device.library.LibraryCallException;

/** A call into CANN that failed. The message names call and reason. */
public final class AscendException extends LibraryCallException {
  private static final long serialVersionUID = 1L;

  /**
   * @param status what the call returned; 0 if the call could not be made
   */
  public AscendException(String message, int status) {
    super(message, status);
  }
}
