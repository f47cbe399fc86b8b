package dev.vl4j.cuda.driver;

import static dev.vl4j.cuda.driver.CudaConstants.CUDA_SUCCESS;
import static dev.vl4j.cuda.driver.CudaConstants.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The driver's functions on graphs: work recorded from a stream, which one call starts again. What
 * was recorded keeps its addresses and arguments; nothing may be waited for while it is recorded.
 */
public final class Graphs {
  private final Driver driver;
  private final MethodHandle beginCapture;
  private final MethodHandle endCapture;
  private final MethodHandle instantiate;
  private final MethodHandle launch;
  private final MethodHandle destroy;
  private final MethodHandle destroyExecutable;

  public Graphs(Driver driver) {
    this.driver = driver;
    Functions functions = driver.functions();
    beginCapture = functions.bind("cuStreamBeginCapture_v2", JAVA_LONG, JAVA_INT);
    endCapture = functions.bind("cuStreamEndCapture", JAVA_LONG, ADDRESS);
    instantiate = functions.bind("cuGraphInstantiateWithFlags", ADDRESS, JAVA_LONG, JAVA_LONG);
    launch = functions.bind("cuGraphLaunch", JAVA_LONG, JAVA_LONG);
    destroy = functions.bind("cuGraphDestroy", JAVA_LONG);
    destroyExecutable = functions.bind("cuGraphExecDestroy", JAVA_LONG);
  }

  /**
   * Records what {@code work} enqueues on the stream, which does not run.
   *
   * @return an executable graph, for {@link #destroy}
   */
  public long record(long stream, Runnable work) {
    driver.check(
        "cuStreamBeginCapture",
        () -> (int) beginCapture.invokeExact(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    driver.streams().setCapturing(true);
    long graph;
    try {
      work.run();
      graph = end(stream);
    } catch (RuntimeException | Error e) {
      abandon(stream);
      throw e;
    } finally {
      driver.streams().setCapturing(false);
    }
    try {
      return driver.make(
          "cuGraphInstantiateWithFlags", out -> (int) instantiate.invokeExact(out, graph, 0L));
    } finally {
      driver.release("cuGraphDestroy", () -> (int) destroy.invokeExact(graph));
    }
  }

  private long end(long stream) {
    return driver.make("cuStreamEndCapture", out -> (int) endCapture.invokeExact(stream, out));
  }

  /** Ends a recording that failed, whatever becomes of it. */
  private void abandon(long stream) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_LONG);
      if (Driver.status(() -> (int) endCapture.invokeExact(stream, out)) == CUDA_SUCCESS) {
        long graph = out.get(JAVA_LONG, 0);
        driver.release("cuGraphDestroy", () -> (int) destroy.invokeExact(graph));
      }
    }
  }

  /** Enqueues an executable graph. */
  public void launch(long executable, long stream) {
    int status = Driver.status(() -> (int) launch.invokeExact(executable, stream));
    driver.streams().enqueued("graph", status, stream);
  }

  public void destroy(long executable) {
    driver.release("cuGraphExecDestroy", () -> (int) destroyExecutable.invokeExact(executable));
  }
}
