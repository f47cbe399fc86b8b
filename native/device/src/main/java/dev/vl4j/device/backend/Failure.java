package dev.vl4j.device.backend;

import dev.vl4j.device.library.LibraryCallException;
import dev.vl4j.kernels.BackendException;
import org.jspecify.annotations.Nullable;

/** Whether a call into the device failed in a forward: nothing that it computes is of use then. */
final class Failure {
  private @Nullable LibraryCallException cause;

  void set(LibraryCallException failure) {
    if (cause == null) {
      cause = failure;
    }
  }

  /**
   * @throws BackendException if there was one
   */
  void require() {
    if (cause != null) {
      throw new BackendException("the forward has failed: " + cause.getMessage(), cause);
    }
  }
}
