package dev.vl4j.cuda.driver;

import static dev.vl4j.cuda.driver.CudaConstants.*;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.invoke.MethodHandle;

/**
 * The driver's functions on streams, where work waits for its turn, and on events, which say how
 * far they are. Where faults are looked for, each operation that was enqueued is waited for here.
 */
public final class Streams {
  private final Driver driver;
  private final MethodHandle createStream;
  private final MethodHandle synchronize;
  private final MethodHandle destroyStream;
  private final MethodHandle createEvent;
  private final MethodHandle record;
  private final MethodHandle queryEvent;
  private final MethodHandle synchronizeEvent;
  private final MethodHandle destroyEvent;
  private boolean capturing;
  private Runnable before = () -> {};

  Streams(Driver driver) {
    this.driver = driver;
    Functions functions = driver.functions();
    createStream = functions.bind("cuStreamCreate", ADDRESS, JAVA_INT);
    synchronize = functions.bind("cuStreamSynchronize", JAVA_LONG);
    destroyStream = functions.bind("cuStreamDestroy_v2", JAVA_LONG);
    createEvent = functions.bind("cuEventCreate", ADDRESS, JAVA_INT);
    record = functions.bind("cuEventRecord", JAVA_LONG, JAVA_LONG);
    queryEvent = functions.bind("cuEventQuery", JAVA_LONG);
    synchronizeEvent = functions.bind("cuEventSynchronize", JAVA_LONG);
    destroyEvent = functions.bind("cuEventDestroy_v2", JAVA_LONG);
  }

  /** A stream that does not wait for the context's default stream. */
  public long createStream() {
    return driver.make(
        "cuStreamCreate", out -> (int) createStream.invokeExact(out, CU_STREAM_NON_BLOCKING));
  }

  /** Waits until everything on the stream is done. */
  public void synchronize(long stream) {
    before();
    driver.check("cuStreamSynchronize", () -> (int) synchronize.invokeExact(stream));
  }

  /** What the stream still has to do is done all the same. */
  public void destroyStream(long stream) {
    driver.release("cuStreamDestroy", () -> (int) destroyStream.invokeExact(stream));
  }

  /** An event without a time. */
  public long createEvent() {
    return driver.make(
        "cuEventCreate", out -> (int) createEvent.invokeExact(out, CU_EVENT_DISABLE_TIMING));
  }

  /** The event happens once everything is done that is on the stream now. */
  public void record(long event, long stream) {
    before();
    driver.check("cuEventRecord", () -> (int) record.invokeExact(event, stream));
  }

  /** Whether an event has happened. */
  public boolean happened(long event) {
    return ready("cuEventQuery", Driver.status(() -> (int) queryEvent.invokeExact(event)));
  }

  private boolean ready(String operation, int status) {
    if (status == CUDA_ERROR_NOT_READY) {
      return false;
    }
    driver.check(operation, status);
    return true;
  }

  /** Waits for an event. */
  public void await(long event) {
    driver.check("cuEventSynchronize", () -> (int) synchronizeEvent.invokeExact(event));
  }

  /** An event may be destroyed before it has happened. */
  public void destroyEvent(long event) {
    driver.release("cuEventDestroy", () -> (int) destroyEvent.invokeExact(event));
  }

  /** To be called after each operation that was enqueued; {@code what} names it. */
  void enqueued(Object what, int status, long stream) {
    if (status != CUDA_SUCCESS) {
      driver.check(what.toString(), status);
    }
    if (driver.isDebugged() && !capturing) {
      driver.check(what + ", waited for", () -> (int) synchronize.invokeExact(stream));
    }
  }

  /** To be run before anything is enqueued, waited for or freed, but for launches. */
  void setBefore(Runnable before) {
    this.before = before;
  }

  /** To be called before anything is enqueued, waited for or freed, but for launches. */
  void before() {
    before.run();
  }

  /** Nothing may be waited for while a stream is captured. */
  void setCapturing(boolean now) {
    capturing = now;
  }
}
