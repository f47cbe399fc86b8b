package dev.vl4j.ascend.fake;

import dev.vl4j.device.fake.FakeFault;
import java.util.List;

/** What the first phase of an operator leaves for the second. */
final class FakeExecutor {
  private final String operator;
  private final FakeDevice device;
  private final Thread thread = Thread.currentThread();
  private final List<FakeTensor> tensors;
  private final long workspace;
  private final Runnable work;

  FakeExecutor(
      String operator, FakeDevice device, List<FakeTensor> tensors, long workspace, Runnable work) {
    this.operator = operator;
    this.device = device;
    this.tensors = tensors;
    this.workspace = workspace;
    this.work = work;
  }

  String operator() {
    return operator;
  }

  FakeDevice device() {
    return device;
  }

  /** What the library keeps of an operator is kept by thread. */
  void requireThread() {
    if (thread != Thread.currentThread()) {
      throw new FakeFault(
          "%s: the second phase on thread %s, the first on %s"
              .formatted(operator, Thread.currentThread().getName(), thread.getName()));
    }
  }

  List<FakeTensor> tensors() {
    return tensors;
  }

  long workspace() {
    return workspace;
  }

  Runnable work() {
    return work;
  }
}
