package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.driver.CudaException;
import dev.vl4j.kernels.BackendException;
import org.jspecify.annotations.Nullable;

/** Whether a call into the device failed in a forward: nothing that it computes is of use then. */
final class Failure {
  private @Nullable CudaException cause;

  void set(CudaException cause) {
    if (this.cause == null) {
      this.cause = cause;
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
