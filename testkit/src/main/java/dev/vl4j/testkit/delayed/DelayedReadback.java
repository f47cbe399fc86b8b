package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Readback;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Elements on their way. */
record DelayedReadback(DelayedBackend backend, CompletableFuture<float[]> values)
    implements Readback {
  @Override
  public boolean isDone() {
    backend.requireThread("isDone");
    return values.isDone();
  }

  @Override
  public float[] await() {
    backend.requireThread("await");
    try {
      return values.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof BackendException failure
          ? DelayedBackend.reported("await", failure)
          : e;
    }
  }
}
