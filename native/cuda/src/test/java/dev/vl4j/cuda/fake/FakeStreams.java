package dev.vl4j.cuda.fake;

import static dev.vl4j.cuda.driver.CudaConstants.*;

import dev.vl4j.device.fake.FakeFault;
import java.lang.foreign.MemorySegment;

/** The driver's functions on streams, on the graphs that are recorded from them, and on events. */
final class FakeStreams {
  private final FakeCuda fake;
  private final FakeDriver driver;
  private int streams;

  FakeStreams(FakeCuda fake, FakeDriver driver) {
    this.fake = fake;
    this.driver = driver;
  }

  @Symbol("cuStreamCreate")
  int createStream(MemorySegment out, int flags) {
    FakeContext context = driver.context();
    if (flags != CU_STREAM_NON_BLOCKING) {
      throw new FakeFault("a stream that waits for the default stream, flags " + flags);
    }
    FakeStream stream = new FakeStream(context, fake.seed() + streams++);
    context.add(stream);
    Out.put(out, fake.handles().add(stream));
    return CUDA_SUCCESS;
  }

  @Symbol("cuStreamSynchronize")
  int synchronize(long stream) {
    FakeStream on = driver.stream(stream);
    if (on.capture != null) {
      throw new FakeFault("waiting for a stream that is captured");
    }
    on.synchronize();
    driver.context();
    return CUDA_SUCCESS;
  }

  @Symbol("cuStreamDestroy_v2")
  int destroyStream(long stream) {
    FakeStream gone = driver.stream(stream);
    fake.handles().remove(stream, FakeStream.class);
    gone.submit(new FakeStream.Operation("", () -> gone.context().remove(gone)));
    gone.end();
    return CUDA_SUCCESS;
  }

  @Symbol("cuStreamBeginCapture_v2")
  int beginCapture(long stream, int mode) {
    FakeStream on = driver.stream(stream);
    if (on.capture != null || mode != CU_STREAM_CAPTURE_MODE_THREAD_LOCAL) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    on.capture = new FakeGraph();
    return CUDA_SUCCESS;
  }

  @Symbol("cuStreamEndCapture")
  int endCapture(long stream, MemorySegment out) {
    FakeStream on = driver.stream(stream);
    FakeGraph graph = on.capture;
    if (graph == null) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    on.capture = null;
    Out.put(out, fake.handles().add(graph));
    return CUDA_SUCCESS;
  }

  @Symbol("cuGraphInstantiateWithFlags")
  int instantiate(MemorySegment out, long graph, long flags) {
    driver.context();
    FakeGraph recorded = fake.handles().get(graph, FakeGraph.class);
    Out.put(out, fake.handles().add(new FakeGraph.Executable(recorded)));
    return CUDA_SUCCESS;
  }

  @Symbol("cuGraphLaunch")
  int launchGraph(long executable, long stream) {
    FakeStream on = driver.stream(stream);
    FakeGraph graph = fake.handles().get(executable, FakeGraph.Executable.class).graph();
    graph.operations().forEach(on::submit);
    return CUDA_SUCCESS;
  }

  @Symbol("cuGraphDestroy")
  int destroyGraph(long graph) {
    fake.handles().remove(graph, FakeGraph.class);
    return CUDA_SUCCESS;
  }

  @Symbol("cuGraphExecDestroy")
  int destroyExecutable(long executable) {
    fake.handles().remove(executable, FakeGraph.Executable.class);
    return CUDA_SUCCESS;
  }

  @Symbol("cuEventCreate")
  int createEvent(MemorySegment out, int flags) {
    driver.context();
    if (flags != CU_EVENT_DISABLE_TIMING) {
      throw new FakeFault("an event with a time, flags " + flags);
    }
    Out.put(out, fake.handles().add(new FakeEvent()));
    return CUDA_SUCCESS;
  }

  @Symbol("cuEventRecord")
  int record(long event, long stream) {
    FakeStream on = driver.stream(stream);
    FakeEvent recorded = fake.handles().get(event, FakeEvent.class);
    long recording = recorded.record();
    // Also on a context that is poisoned meanwhile, or whoever waits would wait forever.
    on.enqueue("", () -> recorded.happen(recording));
    return CUDA_SUCCESS;
  }

  @Symbol("cuEventQuery")
  int queryEvent(long event) {
    driver.context();
    return fake.handles().get(event, FakeEvent.class).hasHappened()
        ? CUDA_SUCCESS
        : CUDA_ERROR_NOT_READY;
  }

  @Symbol("cuEventSynchronize")
  int synchronizeEvent(long event) {
    driver.context();
    FakeEvent awaited = fake.handles().get(event, FakeEvent.class);
    awaited.await(awaited.last());
    driver.context();
    return CUDA_SUCCESS;
  }

  @Symbol("cuEventDestroy_v2")
  int destroyEvent(long event) {
    driver.context();
    fake.handles().remove(event, FakeEvent.class);
    return CUDA_SUCCESS;
  }
}
