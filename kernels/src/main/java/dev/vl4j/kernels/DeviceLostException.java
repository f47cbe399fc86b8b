package dev.vl4j.kernels;

/** The device computes nothing any more, as after a fault of one of its kernels. */
public class DeviceLostException extends BackendException {
  private static final long serialVersionUID = 1L;

  /** With what was seen of the fault, on one line. */
  public DeviceLostException(String message) {
    super(message);
  }
}
